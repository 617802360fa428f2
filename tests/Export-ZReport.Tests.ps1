BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $null = Import-ZModel -Demo -Device CPU -Threads 1
    $runs = Measure-ZGeneration -Size 64x64 -Steps 2 -Warmup 0 -Configuration @{ Name = 'whole'; OffloadMode = 'None' }, @{ Name = 'too little'; VramBudget = '1MB' }
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Export-ZReport' {
    BeforeEach {
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive (New-Guid))
        Push-Location $folder
    }

    AfterEach {
        Pop-Location
    }

    It 'writes Markdown with all sections' {
        $runs | Export-ZReport r.md
        (Get-Content r.md) -like '## *' | Should -Be '## Environment', '## Model configuration', '## Matrix', '## Legend', '## Analysis', '## Recommendation'
        Get-Content r.md -Raw | Should -BeLike '*1 of 2 configurations succeeded: row 1 (whole).*'
        Get-Content r.md -Raw | Should -BeLike '*Out of memory: row 2 (too little)*'
    }

    It 'writes a page that is well-formed and fetches nothing' {
        $runs | Export-ZReport r.html
        $page = [xml] (Get-Content r.html -Raw)
        $page.GetElementsByTagName('svg').Count | Should -Be 2
        $page.GetElementsByTagName('script').Count | Should -Be 0
        Get-Content r.html -Raw | Should -Not -Match 'src=|href='
    }

    It 'writes both formats, and gives the files with -PassThru' {
        ($runs | Export-ZReport report -Format Markdown, Html -PassThru).Name | Should -Be 'report.md', 'report.html'
        $runs | Export-ZReport again.md | Should -BeNullOrEmpty
    }

    It 'says what was measured, and where' {
        $runs | Export-ZReport r.md -Title 'My card'
        $text = Get-Content r.md -Raw
        $text | Should -BeLike '# My card*'
        $text | Should -Match '\| Device \| CPU \(the processor\) \|'
        $text | Should -Match '\| ggml \| 0\.\d+'
        $text | Should -Match 'z-image-demo-q8\\_0\.gguf'
    }

    It 'recommends what succeeded' {
        $runs | Export-ZReport r.md
        (Get-Content r.md) -like 'Set-ZOffload*' | Should -Be 'Set-ZOffload -OffloadMode None'
    }

    It 'overwrites with -Force only' {
        Set-Content r.md 'mine'
        { $runs | Export-ZReport r.md } | Should -Throw -ErrorId 'ReportFileExists,*'
        Get-Content r.md | Should -Be 'mine'
        $runs | Export-ZReport r.md -Force
        Get-Content r.md -TotalCount 1 | Should -BeLike '# *'
    }

    It 'writes nothing with -WhatIf' {
        $runs | Export-ZReport ./new/r.md -WhatIf
        Get-ChildItem | Should -BeNullOrEmpty
    }

    It 'stops before anything is measured when <path> cannot be written' -ForEach @(
        @{ path = 'r.txt'; id = 'ReportFormatUnknown,*' }
        @{ path = 'nodrive:/r.md'; id = 'PathInvalid,*' }
    ) {
        $script:measured = $false
        { & { $script:measured = $true; $runs } | Export-ZReport $path } | Should -Throw -ErrorId $id
        $measured | Should -BeFalse
    }
}
