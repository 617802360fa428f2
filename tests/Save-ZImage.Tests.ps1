BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $null = Import-ZModel -Demo -Device CPU -Threads 1
    $image = New-ZImage 'a cat' -Size 64x64 -Steps 2 -Seed 42
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Save-ZImage' {
    BeforeEach {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
    }

    It 'writes <name> as <format>' -ForEach @(
        @{ name = 'a.png'; format = 'PNG'; start = '89504E47' }
        @{ name = 'a.jpg'; format = 'JPEG'; start = 'FFD8FF' }
        @{ name = 'a.webp'; format = 'WebP'; start = '52494646' }
    ) {
        $image | Save-ZImage $name
        [Convert]::ToHexString([IO.File]::ReadAllBytes((Join-Path $folder $name))) | Should -BeLike "$start*"
    }

    It 'names files in a folder by prompt and seed' {
        $image | Save-ZImage ./pictures/
        Get-ChildItem ./pictures | ForEach-Object Name | Should -Be 'a cat-42.png'
    }

    It 'fills a template' {
        $image, $image | Save-ZImage '{seed}-{index:000}.png'
        Get-ChildItem | ForEach-Object Name | Should -Be '42-000.png', '42-001.png'
    }

    It 'gives file objects with -PassThru and nothing without' {
        $image | Save-ZImage a.png | Should -BeNullOrEmpty
        ($image | Save-ZImage b.png -PassThru).FullName | Should -Be (Join-Path $folder 'b.png')
    }

    It 'overwrites with -Force only' {
        Set-Content a.png 'mine'
        $image | Save-ZImage a.png -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'ImageFileExists,*'
        Get-Content a.png | Should -Be 'mine'
        $image | Save-ZImage a.png -Force
        (Get-Item a.png).Length | Should -BeGreaterThan 100
    }

    It 'writes nothing with -WhatIf' {
        $image | Save-ZImage ./new/a.png -WhatIf
        Get-ChildItem | Should -BeNullOrEmpty
    }

    It 'keeps the parameters in the file' {
        $image | Save-ZImage a.png
        $text = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes((Join-Path $folder 'a.png')))
        $text | Should -Match "tEXtparameters\0a cat\nSteps: 2, Sampler: \w+, Schedule type: \w+, CFG scale: 1, Shift: [\d.]+, Seed: 42, Size: 64x64"
    }
}
