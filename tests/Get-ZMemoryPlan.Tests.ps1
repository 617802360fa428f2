BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1
    $small = @{ Size = '64x64'; Steps = 2 }
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Get-ZMemoryPlan' {
    It 'says what a picture then takes' {
        $plan = Get-ZMemoryPlan -Prompt 'a cat' @small
        $image = New-ZImage 'a cat' @small
        $plan.Fits | Should -BeTrue
        $image.PeakDeviceBytes | Should -Be $plan.PeakBytes
        $image.UploadedBytes | Should -Be $plan.UploadBytes
        $image.Plan.PeakBytes | Should -Be $plan.PeakBytes
    }

    It 'plans for the mode of the session' {
        $plan = $model | Get-ZMemoryPlan
        $plan.RequestedMode | Should -Be 'Auto'
        "$($plan.Width)x$($plan.Height)" | Should -Be "$($model.Defaults.Width)x$($model.Defaults.Height)"
        $plan.Phases.Phase | Should -Be 'Condition', 'Sample', 'Decode'
        $plan.Phases[1].Component | Should -Be 'Transformer'
    }

    It 'plans for modes and for all of them' {
        (Get-ZMemoryPlan @small -OffloadMode none, cond_only).Mode | Should -Be 'None', 'CondOnly'
        (Get-ZMemoryPlan @small -AllModes).Mode | Should -Be 'None', 'CondOnly', 'CondDiffusion', 'Aggressive', 'LayerStreaming'
    }

    It 'plans for another budget and leaves the session alone' {
        $before = "$($model.Offload)"
        $plan = Get-ZMemoryPlan @small -VramBudget 16KB
        $plan.BudgetBytes | Should -Be 16KB
        $plan.Fits | Should -BeFalse
        "$($model.Offload)" | Should -Be $before
    }

    It 'counts <what>' -ForEach @(
        @{ what = 'pictures made together'; options = @{ BatchSize = 4 } }
        @{ what = 'guidance'; options = @{ CfgScale = 3 } }
        @{ what = 'the size'; options = @{ Size = '128x128' } }
    ) {
        $all = $small + @{}
        foreach ($name in $options.Keys) { $all[$name] = $options[$name] }
        (Get-ZMemoryPlan @all).Phases[1].PeakBytes | Should -BeGreaterThan (Get-ZMemoryPlan @small).Phases[1].PeakBytes
    }

    It 'plans for encoding a picture too' {
        (Get-ZMemoryPlan @small -Encode).Phases.Phase | Should -Be 'Encode', 'Condition', 'Sample', 'Decode'
    }

    It 'takes images, files and rows from the pipeline' {
        $file = Join-Path $TestDrive 'cat.png'
        $image = New-ZImage 'a cat' -Size 64x48 -Steps 3
        $image | Save-ZImage $file
        $row = "Size,Steps,OffloadMode`n64x48,3," | ConvertFrom-Csv
        ($image), (Get-ZImageInfo $file), $row | Get-ZMemoryPlan | ForEach-Object { "$($_.Width)x$($_.Height) $($_.Steps)" } | Should -Be '64x48 3', '64x48 3', '64x48 3'
    }

    It 'shows plans in a table and in a list, and their phases' {
        $table = Get-ZMemoryPlan @small -AllModes | Format-Table | Out-String -Width 120
        $table | Should -Match 'Mode\s+Fits\s+Peak \(MiB\)\s+Budget \(MiB\)\s+Moved \(MiB\)\s+Stay\s+Streamed\s+Time \(s\)\s+Size'
        $table | Should -Match '(?m)^LayerStreaming\s+True\s+[\d.,]+\s+[\d.,]+\s+[\d.,]+\s+\d+\s+\d+\s+[\d.,]+\s+64x64'
        $list = Get-ZMemoryPlan @small | Format-List | Out-String -Width 200
        $list | Should -Match 'Mode\s+: None, chosen by Auto'
        $list | Should -Match 'Peak\s+: [\d.,]+ of [\d.,]+ MiB, in the phase \w+'
        $list | Should -Match 'Decode: [\d.,]+ MiB of weights, [\d.,]+ MiB to compute, [\d.,]+ MiB moved'
        (Get-ZMemoryPlan @small).Phases | Format-Table | Out-String -Width 120 | Should -Match '(?m)^Sample\s+Transformer\s+CPU\s+[\d.,]+\s+[\d.,]+'
    }

    It 'says what is wrong with <what>' -ForEach @(
        @{ what = 'a size'; options = @{ Size = '100x64' }; id = 'InvalidImageSize*' }
        @{ what = 'a batch'; options = @{ BatchSize = 99 }; id = 'InvalidSetting*' }
        @{ what = 'a model'; options = @{ Model = 'nosuch' }; id = 'SessionNotFound*' }
    ) {
        Get-ZMemoryPlan @options -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -BeLike $id
    }
}
