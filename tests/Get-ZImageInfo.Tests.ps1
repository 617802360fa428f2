BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1
    $image = New-ZImage 'a "red" cat, sitting' -NegativePrompt 'dark, blurred' -CfgScale 1.5 -Size 64x48 -Steps 3 -Seed 42 -Sampler heun -Scheduler simple -Shift 2.5
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Get-ZImageInfo' {
    BeforeEach {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
    }

    It 'gives the settings of <_>' -ForEach 'a.png', 'a.jpg', 'a.webp' {
        $image | Save-ZImage $_
        $info = Get-ZImageInfo $_
        foreach ($name in 'Prompt', 'NegativePrompt', 'Width', 'Height', 'Steps', 'Sampler', 'Scheduler', 'Shift', 'CfgScale', 'Seed', 'PixelHash') {
            $info.$name | Should -Be $image.$name -Because $name
        }
        $info.Path | Should -Be (Join-Path $folder $_)
        $info.Model.Name | Should -Be $model.Identity.Name
        $info.Settings['Device'] | Should -Be 'CPU'
        $info.Software | Should -BeLike 'ZImage *'
    }

    It 'lets New-ZImage draw <_> again' -ForEach 'a.png', 'a.jpg', 'a.webp' {
        $image | Save-ZImage $_
        (Get-ZImageInfo $_ | New-ZImage).PixelHash | Should -Be $image.PixelHash
        (Get-ZImageInfo $_ | New-ZImage -Seed 43).PixelHash | Should -Not -Be $image.PixelHash
    }

    It 'draws <name> again' -ForEach @(
        @{ name = 'lines'; prompt = "a cat`non a mat`r`n" }
        @{ name = 'settings'; prompt = "a cat`nSteps: 3, Seed: 4" }
        @{ name = 'a negative line'; prompt = "a cat`nNegative prompt: a dog" }
        @{ name = 'signs'; prompt = '  "a": {b}, [c] \ 猫 🐱  ' }
    ) {
        $odd = New-ZImage $prompt -Size 64x64 -Steps 2
        $again = $odd | Save-ZImage a.jpg -PassThru | Get-ZImageInfo | New-ZImage
        $again.Prompt | Should -BeExactly $prompt
        $again.PixelHash | Should -Be $odd.PixelHash
    }

    It 'takes files of Get-ChildItem, whatever their names' {
        $image | Save-ZImage -LiteralPath 'a[1].png'
        $image | Save-ZImage b.jpg
        Get-ChildItem | Get-ZImageInfo | ForEach-Object Format | Should -Be 'Png', 'Jpeg'
        (Get-ZImageInfo *.jpg).Format | Should -Be 'Jpeg'
        (Get-ZImageInfo -LiteralPath 'a[1].png').Seed | Should -Be 42
    }

    It 'goes on after a file that is no image' {
        Set-Content a.png 'text'
        $image | Save-ZImage b.png
        $infos = 'a.png', 'b.png', 'c.png' | Get-ZImageInfo -ErrorVariable problem -ErrorAction SilentlyContinue
        $infos.Seed | Should -Be 42
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageFileUnreadable,*'
        $problem[1].FullyQualifiedErrorId | Should -BeLike 'ImageFileNotFound,*'
    }

    It 'shows the file in a table and in a list' {
        $image | Save-ZImage a.png
        Get-ZImageInfo a.png | Format-Table | Out-String -Width 120 | Should -Match 'a\.png\s+64x48\s+3\s+42\s+a "red" cat, sitting'
        $list = Get-ZImageInfo a.png | Format-List | Out-String -Width 400
        $list | Should -Match 'File\s+: Png, 64x48, [\d.,]+ KiB'
        $list | Should -Match 'NegativePrompt : dark, blurred'
        $list | Should -Match 'Settings\s+: Steps: 3, Sampler: heun, '
    }
}
