BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

# On the CPU the weights are used where they lie; what a budget holds there is what a picture needs to compute.
Describe 'Measure-ZGeneration' {
    BeforeAll {
        $model = Import-ZModel -Demo -Device CPU
        $small = @{ Size = '64x64'; Steps = 2 }
    }

    AfterAll {
        Get-ZModel | Remove-ZModel
    }

    It 'measures the session as it is' {
        $run = Measure-ZGeneration @small
        $run.Result | Should -Be 'Success'
        $run.Number | Should -Be 1
        $run.Configuration | Should -Be 'Auto'
        $run.StepSeconds | Should -HaveCount 2
        $run.Duration | Should -BeGreaterThan ([timespan]::Zero)
        $run.PeakDeviceBytes | Should -Be $run.PredictedPeakBytes
        $run.PixelHash | Should -Be (New-ZImage 'a cat' @small -Seed 42).PixelHash
    }

    It 'gives each run as soon as it has ended' {
        Measure-ZGeneration @small -Repeat 1000 -Warmup 0 | Select-Object -First 2 | ForEach-Object Run | Should -Be 1, 2
        $model.OffloadMode | Should -Be 'Auto'
    }

    It 'goes on after <result>' -ForEach @(
        @{ result = 'OutOfMemory'; configuration = @{ VramBudget = '16KB' }; errorId = 'BudgetTooSmall' }
        @{ result = 'Failed'; configuration = @{ Size = '65x64' }; errorId = 'InvalidImageSize' }
        @{ result = 'Timeout'; configuration = @{ Size = '128x128'; Steps = 1000 }; errorId = 'Timeout' }
    ) {
        $runs = Measure-ZGeneration @small -Timeout 5 -Warmup 0 -Configuration $configuration, @{ Name = 'next' }
        $runs.Result | Should -Be $result, 'Success'
        $runs[0].ErrorId | Should -Be $errorId
        $runs[0].Reason | Should -Not -BeNullOrEmpty
        $model.Offload.VramBudget.ToString() | Should -Be 'auto'
    }

    It 'measures the rows of a CSV file' {
        $rows = 'Name,OffloadMode,VramBudget,Steps', 'first,cond_only,,1', 'second,,1GB,' | ConvertFrom-Csv
        $rows | Measure-ZGeneration @small -Warmup 0 -WarningAction SilentlyContinue |
            ForEach-Object { "$($_.Number) $($_.Configuration) $($_.Settings.Offload.Mode) $($_.Settings.Offload.VramBudget) $($_.Settings.Request.Steps) $($_.Result)" } |
            Should -Be '1 first CondOnly auto 1 Success', '2 second Auto 1GB 2 Success'
    }

    It 'has the suite VramOffload' {
        $runs = Measure-ZGeneration -Suite VramOffload @small -Warmup 0 -VramBudget 4GB -WarningAction SilentlyContinue
        $runs.Number | Should -Be (1..8)
        $runs.Result | Select-Object -Unique | Should -Be 'Success'
        $runs.PixelHash | Select-Object -Unique | Should -HaveCount 1
        $runs[7].Settings.Offload | Should -Be $runs[3].Settings.Offload
    }

    It 'sums runs up' {
        $summary = Measure-ZGeneration @small -Repeat 3 -Summary
        $summary | Should -HaveCount 1
        $summary.Successes | Should -Be 3
        $summary.Duration.Median | Should -BeGreaterOrEqual $summary.Duration.Min
        $summary.Duration.Median | Should -BeLessOrEqual $summary.Duration.Max
    }

    It 'says which setting it does not know' {
        Measure-ZGeneration @small -Configuration @{ OffloadMod = 'None' } -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'UnknownConfigurationKey,*'
        $problem[0].ErrorDetails.RecommendedAction | Should -BeLike '*OffloadMode*'
    }

    It 'shows the table of the benchmark' {
        $text = Measure-ZGeneration @small -Warmup 0 | Out-String -Width 120
        $text | Should -Match '#\s+Configuration\s+Result\s+Time \(s\)\s+s/step\s+Decode \(s\)\s+Peak \(MiB\)\s+Moved \(MiB\)\s+Predicted \(s\)'
        $text | Should -Match '1\s+Auto\s+Success'
        Measure-ZGeneration @small -Warmup 0 | Format-List | Out-String | Should -Match 'PixelHash\s+: [0-9a-f]{64}'
    }

    It 'completes <line>' -ForEach @(
        @{ line = 'Measure-ZGeneration -Suite '; text = 'VramOffload' }
        @{ line = 'Measure-ZGeneration -VramBudget 12'; text = '12GB' }
        @{ line = 'Measure-ZGeneration -Model d'; text = 'demo' }
    ) {
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $text
    }
}
