BeforeAll {
    Import-Module "$PSScriptRoot/../ZImage.psd1"
}

# On the CPU the weights are used where they lie, so that most options warn; what a budget holds there is what a picture needs to compute.
Describe 'Set-ZOffload' {
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

    It 'only says what it would change with -WhatIf' {
        Set-ZOffload -OffloadMode CondOnly -WhatIf
        $model.OffloadMode | Should -Be 'Auto'
    }

    It 'says what is no <option>' -ForEach @(
        @{ option = 'VramBudget'; value = 'lots'; why = "*VramBudget is 'lots'*8.5GB*" }
        @{ option = 'RamBudget'; value = 12; why = '*less than 1KB*' }
        @{ option = 'OffloadMode'; value = 'fast'; why = '*none of Auto, None, CondOnly*' }
    ) {
        $choice = @{ $option = $value }
        { Set-ZOffload @choice } | Should -Throw $why
    }

    It 'completes <line>' -ForEach @(
        @{ line = 'Set-ZOffload -OffloadMode a'; text = 'Aggressive'; tip = 'Only the component at work*' }
        @{ line = 'Set-ZOffload -Reload f'; text = 'File'; tip = 'The file, each time*' }
        @{ line = 'Set-ZOffload -VramBudget '; text = '12GB'; tip = '*' }
    ) {
        $match = (TabExpansion2 $line $line.Length).CompletionMatches | Where-Object CompletionText -EQ $text
        $match.ToolTip | Should -BeLike $tip
    }
}
