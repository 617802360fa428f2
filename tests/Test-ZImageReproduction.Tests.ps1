BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1
    $image = New-ZImage 'a cat' -Size 64x64 -Steps 3 -Seed 42
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Test-ZImageReproduction' {
    BeforeEach {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
    }

    It 'reproduces <_> to the last pixel' -ForEach 'a.png', 'a.jpg', 'a.webp' {
        $image | Save-ZImage $_
        $result = Test-ZImageReproduction $_
        $result.IsReproduced | Should -BeTrue
        $result.Verdict | Should -Be 'Identical'
        $result.Path | Should -Be (Join-Path $folder $_)
        $result.ExpectedHash | Should -Be $image.PixelHash
        $result.ActualHash | Should -Be $image.PixelHash
        $result.Differences | Should -BeNullOrEmpty
        $result.HoldsPixels | Should -Be ($_ -eq 'a.png')
    }

    It 'tells another picture from the one that was drawn' {
        $file = $image | Save-ZImage a.jpg -PassThru
        # JPEG files have no checksums, so another seed can be written into one.
        $seeds = '42', '43' | ForEach-Object { [Text.Encoding]::Latin1.GetString([Text.Encoding]::BigEndianUnicode.GetBytes("Seed: $_,")) }
        $bytes = [Text.Encoding]::Latin1.GetString([IO.File]::ReadAllBytes($file.FullName)).Replace($seeds[0], $seeds[1])
        [IO.File]::WriteAllBytes($file.FullName, [Text.Encoding]::Latin1.GetBytes($bytes))
        $result = Test-ZImageReproduction a.jpg
        $result.Image.Seed | Should -Be 43
        $result.Verdict | Should -Be 'Different'
        $result.IsReproduced | Should -BeFalse
        Test-ZImageReproduction a.jpg -Quiet | Should -BeFalse
        (Test-ZImageReproduction a.jpg -Tolerance 1).Verdict | Should -Be 'Close'
    }

    It 'takes wildcards, files and Get-ZImageInfo from the pipeline' {
        $image | Save-ZImage -LiteralPath 'a[1].png'
        $image | Save-ZImage b.png
        (Test-ZImageReproduction *.png).Count | Should -Be 2
        (Get-ChildItem | Test-ZImageReproduction).IsReproduced | Should -Be $true, $true
        (Get-ZImageInfo b.png | Test-ZImageReproduction).Path | Should -Be (Join-Path $folder b.png)
        (Test-ZImageReproduction -LiteralPath 'a[1].png').Verdict | Should -Be 'Identical'
    }

    It 'goes on after a file that cannot be tested' {
        Set-Content a.png 'text'
        $image.Pixels | Save-ZImage b.png
        $image | Save-ZImage c.png
        $results = 'a.png', 'b.png', 'c.png', 'd.png' | Test-ZImageReproduction -ErrorVariable problem -ErrorAction SilentlyContinue
        $results.Path | Should -Be (Join-Path $folder c.png)
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageFileUnreadable,*'
        $problem[1].FullyQualifiedErrorId | Should -BeLike 'ImageWithoutSettings,*'
        $problem[2].FullyQualifiedErrorId | Should -BeLike 'ImageFileNotFound,*'
    }

    It 'is a condition with -Quiet' {
        $image | Save-ZImage a.png
        Test-ZImageReproduction a.png -Quiet | Should -BeTrue
        Test-ZImageReproduction a.png -Quiet | Should -BeOfType [bool]
    }

    It 'draws in the tiles of the file and leaves the session as it is' {
        Set-ZOffload -VaeTiling On -VaeTileSize 64
        $tiled = New-ZImage 'a cat' -Size 128x96 -Steps 2 -Seed 42
        Set-ZOffload -VaeTiling Off -WarningAction SilentlyContinue
        $tiled | Save-ZImage a.png
        (Get-ZImageInfo a.png).Origin.Tiles.Size | Should -Be 64
        (Test-ZImageReproduction a.png).Verdict | Should -Be 'Identical'
        $model.Offload.VaeTiling | Should -Be 'Off'
    }

    It 'says where it was drawn otherwise' {
        Set-ZOffload -VaeTiling Off -WarningAction SilentlyContinue
        $whole = New-ZImage 'a cat' -Size 128x96 -Steps 2 -Seed 42
        $whole | Save-ZImage a.png
        Set-ZOffload -VaeTiling On -VaeTileSize 64
        $result = Test-ZImageReproduction a.png
        Set-ZOffload -VaeTiling Auto
        $result.Verdict | Should -Not -Be 'Identical'
        $result.Psnr | Should -BeGreaterThan 15
        $result.LargestDifference | Should -BeGreaterThan 0
        $result.Differences | Should -BeLike 'Decoding: it was exact, and is tiles of 64*'
    }

    It 'shows the verdict in a table and in a list' {
        $image | Save-ZImage a.png
        $result = Test-ZImageReproduction a.png
        $result | Out-String -Width 120 | Should -Match 'Identical\s+equal\s+0\s+[\d.,]+\s+a\.png'
        $list = $result | Format-List | Out-String -Width 400
        $list | Should -Match 'Verdict\s+: Identical'
        $list | Should -Match 'ToFile\s+: equal pixels'
    }
}

Describe 'An image that went through <name>' -ForEach @(
    @{ name = 'Export-Clixml'; through = { param($image, $folder) $image | Export-Clixml "$folder/a.xml"; Import-Clixml "$folder/a.xml" } }
    @{ name = 'a job'
        through = {
            $manifest = "$((Get-Module ZImage).ModuleBase)/ZImage.psd1"
            Start-Job { Import-Module $using:manifest; $null = Import-ZModel -Demo -Device CPU -Threads 1; New-ZImage 'a cat' -Size 64x64 -Steps 3 -Seed 42 } | Receive-Job -Wait -AutoRemoveJob
        }
    }
) {
    BeforeAll {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        $copy = & $through $image $folder
    }

    It 'is saved as the one that did not' {
        $saved = $copy | Save-ZImage "$folder/copy.png" -PassThru | Get-ZImageInfo
        $live = $image | Save-ZImage "$folder/live.png" -PassThru | Get-ZImageInfo
        $saved.Parameters | Should -BeExactly $live.Parameters
        (Test-ZImageReproduction $saved.Path).HoldsPixels | Should -BeTrue
        (Get-FileHash $saved.Path).Hash | Should -Be (Get-FileHash $live.Path).Hash
    }

    It 'is drawn again without a warning' {
        ($copy | New-ZImage -WarningVariable warning).PixelHash | Should -Be $image.PixelHash
        $warning | Should -BeNullOrEmpty
    }

    It 'looks the same in a table and in a list' {
        $times = '\d+[.,]\d+ s|\s+\d+[.,]\d\d(?=\s)'
        ($copy | Format-Table | Out-String -Width 200) -replace $times | Should -Be (($image | Format-Table | Out-String -Width 200) -replace $times)
        $lines = ($copy | Format-List | Out-String -Width 400) -replace $times
        $lines | Should -Match 'Seed\s+: 42'
        $lines | Should -Match 'Plan\s+: 64x64 on CPU, mode None'
        $lines | Should -Match 'Phases\s+: Tokenize'
    }
}

Describe 'A session that went through Export-Clixml' {
    It 'says that it cannot draw' {
        $model | Export-Clixml "$TestDrive/model.xml"
        New-ZImage 'a cat' -Model (Import-Clixml "$TestDrive/model.xml") -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.FullyQualifiedErrorId | Should -BeLike 'SessionElsewhere,*'
    }
}
