BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $null = Import-ZModel -Demo -Device CPU -Threads 1
    $image = New-ZImage 'a red cat' -Size 64x48 -Steps 2 -Seed 42
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Show-ZImage' {
    BeforeEach {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        Push-Location $folder
        $shown = @{ AsText = $true; Protocol = 'Kitty' }
        $expected = $image | Show-ZImage @shown
    }

    AfterEach {
        Pop-Location
    }

    It 'takes an image, pixels, a file, what is known of a file, and paths' {
        $expected | Should -BeLike "*`e_Ga=T,f=100,*"
        $image | Save-ZImage cat.png
        $image.Pixels | Show-ZImage @shown | Should -Be $expected
        Get-ZImageInfo cat.png | Show-ZImage @shown | Should -Be $expected
        Get-Item cat.png | Show-ZImage @shown | Should -Be $expected
        'cat.png' | Show-ZImage @shown | Should -Be $expected
        Show-ZImage cat.png @shown | Should -Be $expected
        [pscustomobject]@{ FullName = "$folder/cat.png" } | Show-ZImage @shown | Should -Be $expected
    }

    It 'takes wildcards in -Path and none in -LiteralPath' {
        foreach ($name in 'a[1].png', 'a1.png', 'b.png') { $image | Save-ZImage -LiteralPath $name }
        @(Show-ZImage '*.png' @shown).Count | Should -Be 3
        @(Show-ZImage -LiteralPath 'a[1].png' @shown).Count | Should -Be 1
        @(Get-ChildItem 'a*' | Show-ZImage @shown).Count | Should -Be 2
        @(Get-ZImageInfo -LiteralPath 'a[1].png' | Show-ZImage @shown).Count | Should -Be 1
    }

    It 'goes on after a file that is no image' {
        $image | Save-ZImage b.png
        Set-Content a.png 'text'
        $text = 'a.png', 'b.png', 'c.png' | Show-ZImage @shown -ErrorVariable problem -ErrorAction SilentlyContinue
        $text | Should -Be $expected
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageFileUnreadable,*'
        $problem[1].FullyQualifiedErrorId | Should -BeLike 'ImageFileNotFound,*'
    }

    It 'draws <protocol> in a width and keeps the proportions' -ForEach @(
        @{ protocol = 'Sixel'; pattern = "`eP0;1;0q""1;1;80;60#" }
        @{ protocol = 'Kitty'; pattern = ',c=8,r=3,' }
        @{ protocol = 'ITerm2'; pattern = ';width=8;height=3;' }
    ) {
        # The usual cell of 10 x 20 pixels: the terminal was not asked.
        $image | Show-ZImage -AsText -Protocol $protocol -Width 8 | Should -BeLike "*$pattern*"
    }

    It 'draws blocks in lines of the width that is asked for' {
        $lines = ($image | Show-ZImage -AsText -Protocol Blocks -Width 8) -split "`r`n"
        # 8 x 6 pixels, two in a cell.
        $lines.Count | Should -Be 4
        $lines[0..2].ForEach{ ($_ -replace "`e\[[\d;]*m").Length } | Should -Be 8, 8, 8
    }

    It 'draws no colours where none are wanted' {
        $before = $PSStyle.OutputRendering
        try {
            $PSStyle.OutputRendering = 'PlainText'
            $text = $image | Show-ZImage -AsText -Protocol Blocks -Width 8
        } finally {
            $PSStyle.OutputRendering = $before
        }
        $text | Should -Not -Match "`e"
        $text | Should -Match "^[ ░▒▓█\r\n]+$"
    }

    It 'writes nothing and warns where the output is no terminal' {
        $image | Save-ZImage cat.png
        $program = (Get-Process -Id $PID).Path
        $lines = & $program -NoProfile -NonInteractive -Command "
            Import-Module '$((Get-Module ZImage).ModuleBase)/ZImage.psd1'
            Show-ZImage '$folder/cat.png' -Protocol Sixel -WarningVariable said -WarningAction SilentlyContinue
            ""[`$said]"""
        $lines | Should -Be '[No picture is drawn: the output is redirected. Use -Viewer to open it in a window, or -AsText for the text that draws it.]'
    }

    It 'draws nothing in a job, and takes an image that came to it' {
        $job = Start-Job -ArgumentList $image, "$((Get-Module ZImage).ModuleBase)/ZImage.psd1" {
            param($image, $module)
            Import-Module $module
            $image | Show-ZImage -Protocol Sixel -WarningVariable said -WarningAction SilentlyContinue
            "$said"
        }
        $job | Receive-Job -Wait -AutoRemoveJob | Should -BeLike 'No picture is drawn: *'
    }

    It 'hands on what it shows' {
        $image | Save-ZImage cat.png
        $passed = $image | Show-ZImage -PassThru -WarningAction SilentlyContinue
        [object]::ReferenceEquals($passed, $image) | Should -BeTrue
        (Show-ZImage cat.png -PassThru -WarningAction SilentlyContinue).FullName | Should -Be "$(Join-Path $folder cat.png)"
    }

    Context 'with -Viewer' -Skip:(-not $IsLinux) {
        BeforeEach {
            # What opens files on Linux, in our place.
            $tools = New-Item -ItemType Directory (Join-Path $folder tools)
            Set-Content "$tools/xdg-open" "#!/bin/sh`nprintf '%s' `"`$1`" > '$folder/opened.new'; mv '$folder/opened.new' '$folder/opened'"
            & chmod +x "$tools/xdg-open"
            $before = $env:PATH
            $env:PATH = "${tools}:$before"
            function Get-Opened {
                for ($i = 0; $i -lt 100 -and -not (Test-Path opened); $i++) { Start-Sleep -Milliseconds 100 }
                Get-Content opened
            }
        }

        AfterEach {
            $env:PATH = $before
        }

        It 'opens a file as it is' {
            $image | Save-ZImage cat.png
            Show-ZImage cat.png -Viewer | Should -BeNullOrEmpty
            Get-Opened | Should -Be (Join-Path $folder cat.png)
        }

        It 'opens an image in memory as a PNG with its settings' {
            $image | Show-ZImage -Viewer
            $path = Get-Opened
            try {
                (Get-ZImageInfo -LiteralPath $path).PixelHash | Should -Be $image.PixelHash
                $path | Should -BeLike "$([IO.Path]::GetTempPath())*.png"
            } finally {
                Remove-Item -LiteralPath $path
            }
        }

        It 'says what has no effect, and what cannot be opened' {
            $image | Save-ZImage cat.png
            Show-ZImage cat.png -Viewer -Width 8 -WarningVariable said -WarningAction SilentlyContinue
            $said | Should -Be 'With -Viewer nothing is drawn in the terminal: Width has no effect.'
            $null = Get-Opened
            $env:PATH = '/nowhere'
            Show-ZImage cat.png -Viewer -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'ViewerNotStarted,*'
            Show-ZImage none.png -Viewer -ErrorVariable problem -ErrorAction SilentlyContinue
            $problem[0].FullyQualifiedErrorId | Should -BeLike 'ImageFileNotFound,*'
        }
    }
}

Describe 'New-ZImage -Preview' {
    It 'draws the same picture and says why nothing is seen of it' {
        $again = New-ZImage 'a red cat' -Size 64x48 -Steps 2 -Seed 42 -Preview -Verbose 4>&1
        $again.Where{ $_ -isnot [Management.Automation.VerboseRecord] }.PixelHash | Should -Be $image.PixelHash
        "$($again.Where{ $_ -is [Management.Automation.VerboseRecord] })" | Should -Match 'No preview is shown: the (output is redirected|host .* is no terminal|terminal takes text only)\.'
    }
}
