BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

# On the CPU the weights are used where they lie, so that most options warn; what a budget holds there is what a picture needs to compute.
Describe 'Set-ZOffload' {
    It 'leaves the model open where a warning ends it' {
        $own = Import-ZModel -Demo -Device CPU -Threads 1
        { $own | Set-ZOffload -OffloadMode CondOnly -WarningAction Stop } | Should -Throw
        $own.IsClosed | Should -BeFalse
        Remove-ZModel $own
    }

    BeforeEach {
        $model = Import-ZModel -Demo -Device CPU -Threads 1
    }

    AfterEach {
        Get-ZModel | Remove-ZModel
    }

    It 'is silent, and writes the model with -PassThru' {
        Set-ZOffload -VramBudget 4GB | Should -BeNullOrEmpty
        (Set-ZOffload -VramBudget 4GB -PassThru).Name | Should -Be 'demo'
    }

    It 'finds the model by <way>' -ForEach @(
        @{ way = 'the pipeline'; set = { Get-ZModel | Set-ZOffload -VramBudget 2GB } }
        @{ way = 'its name'; set = { Set-ZOffload demo -VramBudget 2GB } }
        @{ way = 'its being the latest'; set = { Set-ZOffload -VramBudget 2GB } }
    ) {
        & $set
        $model.Offload.VramBudget.ToString() | Should -Be '2GB'
    }

    It 'changes only what is given' {
        $model | Set-ZOffload -OffloadMode CondOnly -VaeOnCpu -WarningAction SilentlyContinue
        $model | Set-ZOffload -VramBudget 80% -WarningAction SilentlyContinue
        $model.OffloadMode | Should -Be 'CondOnly'
        $model.Offload.VaeOnCpu | Should -BeTrue
        $model.Offload.VramBudget.ToString() | Should -Be '80%'
        $model | Set-ZOffload -VaeOnCpu:$false -WarningAction SilentlyContinue
        $model.Offload.VaeOnCpu | Should -BeFalse
        $model.OffloadMode | Should -Be 'CondOnly'
    }

    It 'understands the mode <name>' -ForEach @(
        @{ name = 'none'; mode = 'None' }
        @{ name = 'cond_only'; mode = 'CondOnly' }
        @{ name = 'cond-diffusion'; mode = 'CondDiffusion' }
        @{ name = 'AGGRESSIVE'; mode = 'Aggressive' }
        @{ name = 'layer_streaming'; mode = 'LayerStreaming' }
        @{ name = 'auto'; mode = 'Auto' }
    ) {
        (Set-ZOffload -OffloadMode $name -PassThru -WarningAction SilentlyContinue).OffloadMode | Should -Be $mode
    }

    It 'understands the budget <budget>' -ForEach @(
        @{ budget = 12MB; text = '12MB' }
        @{ budget = -1GB; text = '-1GB' }
        @{ budget = '1.5 GiB'; text = '1.5GB' }
        @{ budget = '50%'; text = '50%' }
        @{ budget = 'auto'; text = 'auto' }
    ) {
        (Set-ZOffload -VramBudget $budget -PassThru -WarningAction SilentlyContinue).Offload.VramBudget.ToString() | Should -Be $text
    }

    It 'takes a CSV file' {
        $null = Import-ZModel -Demo -Device CPU -Threads 1 -Name other
        $rows = 'Model,OffloadMode,VramBudget,VaeOnCpu', 'demo,cond_only,,true', 'other,,25%,' | ConvertFrom-Csv
        $rows | Set-ZOffload -PassThru -WarningAction SilentlyContinue | ForEach-Object { "$($_.Name) $($_.OffloadMode) $($_.Offload.VramBudget) $($_.Offload.VaeOnCpu)" } |
            Should -Be 'demo CondOnly auto True', 'other Auto 25% False'
    }

    It 'warns about what has no effect' {
        Set-ZOffload -OffloadMode CondOnly -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $warnings[0].Message | Should -BeLike '*CondOnly has nothing to move*'
    }

    It 'warns about a budget that no picture fits, and New-ZImage says what would do' {
        Set-ZOffload -VramBudget 16KB -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings.Message | Should -BeLike '*does not fit CPU*'
        New-ZImage 'a cat' -Size 64x64 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BudgetTooSmall,*'
        $problem[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike 'What would do: a budget of *'
        Set-ZOffload -VramBudget auto
        New-ZImage 'a cat' -Size 64x64 -Steps 2 | Should -HaveCount 1
    }

    It 'draws in tiles when told to, and exactly again' {
        $exact = New-ZImage 'a red cat on a blue background' -Seed 1
        Set-ZOffload -VaeTiling On -VaeTileSize 64 -VaeTileOverlap 0.5
        $tiled = New-ZImage 'a red cat on a blue background' -Seed 1
        "$($tiled.Plan.Decoding)" | Should -Be 'in 9 tiles of 64'
        $tiled.LatentHash | Should -Be $exact.LatentHash
        $tiled.PixelHash | Should -Not -Be $exact.PixelHash
        Set-ZOffload -VaeTiling Off
        (New-ZImage 'a red cat on a blue background' -Seed 1).PixelHash | Should -Be $exact.PixelHash
    }

    It 'takes tiles by itself where the budget is short, unless told not to' {
        $exact = New-ZImage 'a cat' -Seed 1
        $need = ($exact.Plan.Phases | Measure-Object PeakBytes -Maximum).Maximum
        Set-ZOffload -VramBudget ($need - 1) -VaeTiling Off -WarningAction SilentlyContinue
        New-ZImage 'a cat' -Seed 1 -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'BudgetTooSmall,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*-VaeTiling Auto*'
        Set-ZOffload -VaeTiling Auto
        $tiled = New-ZImage 'a cat' -Seed 1
        "$($tiled.Plan.Decoding)" | Should -BeLike 'in * tiles of *'
        $tiled.PeakDeviceBytes | Should -BeLessThan $need
        $tiled.LatentHash | Should -Be $exact.LatentHash
    }

    It 'keeps what was read of prompts, unless told not to' {
        $phases = { (New-ZImage 'a cat' -Size 32x32 -Steps 1).Timeline.Entries.Phase -contains 'Condition' }
        & $phases | Should -BeTrue
        & $phases | Should -BeFalse
        Set-ZOffload -PromptCache Off
        & $phases | Should -BeTrue
        & $phases | Should -BeTrue
    }

    It 'keeps it in files with -PromptCache Disk' {
        $env:ZIMAGE_CACHE_PATH = "$TestDrive/cache"
        try {
            Set-ZOffload -PromptCache Disk
            $null = New-ZImage 'a cat' -Size 32x32 -Steps 1
            Get-ChildItem "$TestDrive/cache/prompts" | Should -HaveCount 1
            $again = Import-ZModel -Demo -Device CPU -Threads 1 -Name again -PromptCache Disk
            (New-ZImage 'a cat' -Size 32x32 -Steps 1 -Model $again).Timeline.Entries.Phase | Should -Not -Contain 'Condition'
        } finally {
            $env:ZIMAGE_CACHE_PATH = $null
        }
    }

    It 'only says what it would change with -WhatIf' {
        Set-ZOffload -OffloadMode CondOnly -WhatIf
        $model.OffloadMode | Should -Be 'Auto'
    }

    It 'says what is no <option>' -ForEach @(
        @{ option = 'VramBudget'; value = 'lots'; why = "*VramBudget is 'lots'*8.5GB*" }
        @{ option = 'RamBudget'; value = 12; why = '*less than 1KB*' }
        @{ option = 'OffloadMode'; value = 'fast'; why = '*none of Auto, None, CondOnly*' }
        @{ option = 'VaeTiling'; value = 'some'; why = '*none of Auto, On, Off*' }
    ) {
        $choice = @{ $option = $value }
        { Set-ZOffload @choice } | Should -Throw $why
    }

    It 'refuses the tile <option> <value>' -ForEach @(
        @{ option = 'VaeTileSize'; value = 100 }
        @{ option = 'VaeTileSize'; value = 32 }
        @{ option = 'VaeTileOverlap'; value = 0.6 }
    ) {
        $choice = @{ $option = $value }
        Set-ZOffload @choice -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidSetting,*'
        $model.Offload.VaeTileSize | Should -BeNullOrEmpty
    }

    It 'completes <line>' -ForEach @(
        @{ line = 'Set-ZOffload -OffloadMode a'; text = 'Aggressive'; tip = 'Only the component at work*' }
        @{ line = 'Set-ZOffload -Reload f'; text = 'File'; tip = 'The file, each time*' }
        @{ line = 'Set-ZOffload -VaeTiling o'; text = 'Off'; tip = 'Never*' }
        @{ line = 'Set-ZOffload -PromptCache d'; text = 'Disk'; tip = '*files*' }
        @{ line = 'Set-ZOffload -VramBudget '; text = '12GB'; tip = '*' }
    ) {
        $match = (TabExpansion2 $line $line.Length).CompletionMatches | Where-Object CompletionText -EQ $text
        $match.ToolTip | Should -BeLike $tip
    }
}
