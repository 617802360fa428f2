BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

Describe 'The pipeline' {
    AfterEach {
        Get-ZModel | Remove-ZModel
    }

    It 'goes from a folder to a file' {
        $demo = Join-Path $PSScriptRoot '../Module/demo-model'
        $file = Join-Path $TestDrive 'cat.png'
        Import-ZModel -Path $demo -Device CPU | New-ZImage 'a cat' -Size 64x64 -Steps 2 -Seed 42 | Save-ZImage -Path $file
        $file | Should -Exist
    }

    It 'goes from a CSV file to many files, past a bad row' {
        $model = Import-ZModel -Demo -Device CPU -Threads 1
        $csv = Join-Path $TestDrive 'jobs.csv'
        Set-Content $csv @'
Prompt,Seed,Size,Steps,Sampler
a red cat,1,64x64,2,
a blue fish,2,64x64,2,nosuch
a green tree,3,64x64,2,heun
'@
        Import-Csv $csv | New-ZImage -Model $model -ErrorVariable problem -ErrorAction SilentlyContinue | Save-ZImage -Path (Join-Path $TestDrive 'out/{seed}.png')
        Get-ChildItem (Join-Path $TestDrive 'out') | ForEach-Object Name | Should -Be '1.png', '3.png'
        @($problem).Count | Should -Be 1
    }

    It 'goes from prompts to a CSV file of what was drawn' {
        $model = Import-ZModel -Demo -Device CPU -Threads 1
        $csv = Join-Path $TestDrive 'images.csv'
        'a cat', 'a fish' | New-ZImage -Model $model -Size 64x64 -Steps 2 | Select-Object Prompt, Seed, Width, Height, Steps, PixelHash | Export-Csv $csv
        $again = Import-Csv $csv | New-ZImage -Model $model
        $again.PixelHash | Should -Be (Import-Csv $csv).PixelHash
    }

    It 'stops drawing when the next command has enough' {
        $model = Import-ZModel -Demo -Device CPU -Threads 1
        $seeds = New-ZImage 'a cat' -Model $model -Size 64x64 -Steps 2 -Seed 5 -Count 1000 | Select-Object -First 2 | ForEach-Object Seed
        $seeds | Should -Be 5, 6
    }
}
