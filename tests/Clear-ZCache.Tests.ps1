BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $cacheBefore = $env:ZIMAGE_CACHE_PATH
    $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path
    $shell = (Get-Process -Id $PID).Path
}

AfterAll {
    $env:ZIMAGE_CACHE_PATH = $cacheBefore
}

Describe 'Clear-ZCache' {
    BeforeEach {
        $env:ZIMAGE_CACHE_PATH = Join-Path $TestDrive (New-Guid)
        $models = Join-Path $env:ZIMAGE_CACHE_PATH 'models/demo/model/main'
        $null = New-Item -ItemType Directory $models, (Join-Path $env:ZIMAGE_CACHE_PATH 'prompts'), (Join-Path $env:ZIMAGE_CACHE_PATH 'convolutions')
        Set-Content (Join-Path $env:ZIMAGE_CACHE_PATH 'prompts/one.safetensors') ('x' * 2MB) -NoNewline
        Set-Content (Join-Path $env:ZIMAGE_CACHE_PATH 'convolutions/one.txt') 'direct' -NoNewline
        Set-Content (Join-Path $models 'other.gguf.partial') 'part' -NoNewline
        Copy-Item "$demo/*.gguf" $models
    }

    AfterEach {
        Get-ZModel | Remove-ZModel
    }

    It 'deletes all but models, and says nothing' {
        Clear-ZCache | Should -BeNullOrEmpty
        (Get-ChildItem $env:ZIMAGE_CACHE_PATH -Recurse -File).Name | Sort-Object | Should -Be 'ae-demo-f16.gguf', 'qwen3-demo-f16.gguf', 'z-image-demo-q8_0.gguf'
    }

    It 'says with -PassThru what was freed' {
        $cleared = Clear-ZCache -PassThru
        $cleared.Kind | Should -Be 'Prompts', 'Convolutions', 'PartialDownloads'
        $cleared.FreedBytes | Should -Be 2MB, 6, 4
        $cleared | Format-Table | Out-String -Width 160 | Should -Match '(?m)^Prompts\s+1\s+2\.0\s+0 \S'
    }

    It 'says with -WhatIf what there is' {
        $said = & $shell -NoProfile -Command "Import-Module '$((Get-Module ZImage).ModuleBase)/ZImage.psd1'; Clear-ZCache -Kind Prompts, Models -WhatIf"
        "$said" | Should -BeLike '*Delete Prompts: 1 file, 2.0 MiB*prompts*Delete Models: 3 files, *MiB*models*'
        (Get-ChildItem $env:ZIMAGE_CACHE_PATH -Recurse -File).Count | Should -Be 6
    }

    It 'deletes models with <_>' -ForEach '-Force', '-Confirm:$false' {
        $cleared = Invoke-Expression "Clear-ZCache -Kind Models -PassThru $_"
        $cleared.Files | Should -Be 3
        Get-ChildItem $models -File | ForEach-Object Name | Should -Be 'other.gguf.partial'
    }

    It 'asks before it deletes models' {
        $said = & $shell -NoProfile -NonInteractive -Command "Import-Module '$((Get-Module ZImage).ModuleBase)/ZImage.psd1'; Clear-ZCache -Kind Models" 2>&1
        "$said" | Should -BeLike '*NonInteractive*'
        (Get-ChildItem $models -Filter *.gguf).Count | Should -Be 3
    }

    It 'leaves an imported model alone and goes on' {
        $null = Import-ZModel $models -Device CPU
        $cleared = Clear-ZCache -Kind Models, Prompts -Force -PassThru -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem.FullyQualifiedErrorId | Select-Object -Unique | Should -Be 'CacheFileInUse,ZImage.PowerShell.Cmdlets.ClearZCacheCommand'
        $problem[0].CategoryInfo.Category | Should -Be 'ResourceBusy'
        $cleared[0].InUse | Should -BeGreaterThan 0
        $cleared[1].Files | Should -Be 1
    }
}
