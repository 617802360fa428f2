BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $model = Import-ZModel -Demo -Device CPU -Threads 1
    $small = @{ Size = '64x64'; Steps = 2 }
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'New-ZImage' {
    It 'draws what the prompt says' {
        $image = New-ZImage 'a red star on a blue background' -Size 128x128 -Steps 8 -Seed 1
        $corner = $image.Pixels.Rgb[0..2]
        $corner[2] | Should -BeGreaterThan 150 -Because 'the background is blue'
        $corner[0] | Should -BeLessThan 110 -Because 'the background is blue'
        $middle = (64 * 128 + 64) * 3
        $image.Pixels.Rgb[$middle] | Should -BeGreaterThan 150 -Because 'the star is red'
        $image.Pixels.Rgb[$middle + 2] | Should -BeLessThan 110 -Because 'the star is red'
    }

    It 'needs no -Model when one is imported' {
        (New-ZImage 'a cat' @small).Model.Name | Should -Be $model.Identity.Name
    }

    It 'shows the image in a table and in a list' {
        $image = New-ZImage 'a cat that was not drawn before' @small -Seed 42
        $table = $image | Format-Table | Out-String -Width 120
        $table | Should -Match 'Size\s+Steps\s+Seed\s+Time \(s\)\s+PixelHash\s+Prompt'
        $table | Should -Match "64x64\s+2\s+42\s+[\d.,]+\s+$($image.PixelHash.Substring(0, 10))\s+a cat that"
        $list = $image | Format-List | Out-String -Width 200
        $list | Should -Match 'Sampling\s+: 2 steps of \w+ on \w+, shift [\d.,]+, CFG scale 1'
        $list | Should -Match 'Phases\s+: Tokenize [\d.,]+ s, Offload [\d.,]+ s, Condition [\d.,]+ s, Sample [\d.,]+ s, Decode [\d.,]+ s'
        $list | Should -Match 'Plan\s+: 64x64 on CPU, mode None'
        $list | Should -Match 'Moved\s+: 0[.,]0 MiB'
    }

    It 'tells where the time went' {
        $image = New-ZImage 'a cat' @small
        @($image.Timeline.Entries | Where-Object Phase -EQ Sample).Count | Should -Be 2
        ($image.Timeline.Entries | Measure-Object DurationSeconds -Sum).Sum | Should -BeLessOrEqual ($image.DurationSeconds + 0.01)
    }

    It 'says how to correct a size' {
        New-ZImage 'a cat' -Width 100 -Height 64 -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.Exception.Message | Should -BeLike '*100x64*multiples of 16*'
        $problem[0].ErrorDetails.RecommendedAction | Should -Be 'Use 96x64.'
    }

    It 'can be stopped by -ErrorAction Stop' {
        { New-ZImage 'a cat' -Sampler nosuch -ErrorAction Stop } | Should -Throw -ErrorId 'UnknownSampler*'
    }

    It 'draws with the sampler <_>' -ForEach @(
        'ddim_trailing', 'dpm++2m', 'dpm++2m_sde', 'dpm++2mv2', 'dpm++2s_a', 'dpm2', 'er_sde', 'euler', 'euler_a', 'euler_a_cfg_pp', 'euler_cfg_pp'
        'euler_ge', 'heun', 'ipndm', 'ipndm_v', 'lcm', 'lms', 'res_2s', 'res_multistep'
    ) {
        $image = New-ZImage 'a cat' @small -Sampler $_
        $image.Sampler | Should -Be $_
        [Collections.Generic.HashSet[byte]]::new([byte[]] $image.Pixels.Rgb).Count | Should -BeGreaterThan 10
    }

    It 'draws on the scheduler <_>' -ForEach @(
        'beta', 'bong_tangent', 'discrete', 'exponential', 'flow_match', 'flux', 'flux2', 'karras', 'kl_optimal', 'lcm', 'logit_normal', 'ltx2'
        'sgm_uniform', 'simple', 'smoothstep'
    ) {
        $image = New-ZImage 'a cat' @small -Scheduler $_
        $image.Scheduler | Should -Be $_
        [Collections.Generic.HashSet[byte]]::new([byte[]] $image.Pixels.Rgb).Count | Should -BeGreaterThan 10
    }

    It 'understands the name <name>' -ForEach @(
        @{ name = 'Euler a'; sampler = 'euler_a'; scheduler = 'flow_match' }
        @{ name = 'DPM++ 2M Karras'; sampler = 'dpm++2m'; scheduler = 'karras' }
        @{ name = 'dpmpp_2m'; sampler = 'dpm++2m'; scheduler = 'flow_match' }
    ) {
        $image = New-ZImage 'a cat' @small -Sampler $name
        $image.Sampler | Should -Be $sampler
        $image.Scheduler | Should -Be $scheduler
    }

    It 'says why <name> is not there' -ForEach @(
        @{ option = 'Sampler'; name = 'tcd'; why = '*another kind of model*' }
        @{ option = 'Scheduler'; name = 'ays'; why = '*none for this one*' }
        @{ option = 'Scheduler'; name = 'gits'; why = '*above 1*' }
    ) {
        $choice = @{ $option = $name }
        New-ZImage 'a cat' @small @choice -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem.Exception.Message | Should -BeLike "*'$name'$why"
    }

    It 'takes noise levels as numbers and as a text from a CSV file' {
        $image = New-ZImage 'a cat' -Size 64x64 -Seed 1 -Sigmas 1, 0.75, 0.4
        $image.Steps | Should -Be 3
        $image.Sigmas[-1] | Should -Be 0
        $row = "Prompt,Size,Seed,Sigmas,Eta,Rng`na cat,64x64,1,1 0.75 0.4 0,," | ConvertFrom-Csv
        ($row | New-ZImage).PixelHash | Should -Be $image.PixelHash
    }

    It 'warns about <warning>' -ForEach @(
        @{ options = @{ Eta = 0.5; Sampler = 'euler'; Steps = 2 }; warning = 'Eta has no effect*' }
        @{ options = @{ Sigmas = 1, 0.5; Steps = 8 }; warning = 'Steps has no effect*' }
        @{ options = @{ Scheduler = 'flux'; Shift = 2; Steps = 2 }; warning = 'Shift has no effect*' }
    ) {
        $null = New-ZImage 'a cat' -Size 64x64 @options -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -HaveCount 1
        $warnings[0].Message | Should -BeLike $warning
    }

    It 'has the noise of CUDA and of the CPU' {
        $cuda = New-ZImage 'a cat' @small -Seed 1
        $cpu = New-ZImage 'a cat' @small -Seed 1 -Rng Cpu
        $cuda.Rng | Should -Be 'Cuda'
        $cpu.PixelHash | Should -Not -Be $cuda.PixelHash
        ($cpu | New-ZImage).PixelHash | Should -Be $cpu.PixelHash
    }

    It 'completes <line>' -ForEach @(
        @{ line = 'New-ZImage x -Sampler e'; text = 'euler' }
        @{ line = 'New-ZImage x -Scheduler kar'; text = 'karras' }
        @{ line = 'New-ZImage x -Model de'; text = 'demo' }
        @{ line = 'New-ZImage x -Size 1024x10'; text = '1024x1024' }
    ) {
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $text
    }

    It 'draws pictures together in the order of their seeds' {
        $together = New-ZImage 'a cat' @small -Seed 5 -Count 3 -BatchSize 2
        $together.Seed | Should -Be 5, 6, 7
        $together.Plan.BatchSize | Should -Be 2, 2, 1
        $together.PixelHash | Should -Be (New-ZImage 'a cat' @small -Seed 5 -Count 3 -BatchSize 1).PixelHash
    }

    It 'draws prompts stage by stage, as the same pictures in the same order' {
        $prompts = 'a cat', 'a dog', 'a house', 'a star', 'a tree'
        $alone = $prompts | New-ZImage @small -Seed 5
        $staged = $prompts | New-ZImage @small -Seed 5 -StageBatch 3
        $staged.Prompt | Should -Be $prompts
        $staged.PixelHash | Should -Be $alone.PixelHash
        $staged.Plan.Prompts | Should -Be 3, 3, 3, 2, 2
    }

    It 'stops a stage when no more pictures are asked for' {
        'a cat', 'a dog', 'a house' | New-ZImage @small -StageBatch 3 | Select-Object -First 1 | ForEach-Object Prompt | Should -Be 'a cat'
        New-ZImage 'a dog' @small | Should -HaveCount 1
    }

    It 'reports a bad prompt of a stage, and draws the others' {
        $rows = 'Prompt,Width', 'a cat,32', 'a dog,33', 'a house,32' | ConvertFrom-Csv
        $images = $rows | New-ZImage -Height 32 -Steps 1 -StageBatch 8 -ErrorVariable problem -ErrorAction SilentlyContinue
        $images.Prompt | Should -Be 'a cat', 'a house'
        $problem | Should -HaveCount 1
        $problem[0].FullyQualifiedErrorId | Should -BeLike 'InvalidImageSize,*'
    }

    It 'refuses a stage of <size>' -ForEach @(@{ size = 0 }, @{ size = 65 }) {
        { New-ZImage 'a cat' @small -StageBatch $size -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidSetting,*'
    }

    It 'draws nothing with -WhatIf, whatever comes by the pipeline' {
        New-ZImage 'a cat' @small -Count 3 -WhatIf | Should -BeNullOrEmpty
        'a cat', 'a dog' | New-ZImage @small -WhatIf | Should -BeNullOrEmpty
        "Prompt,Size,BatchSize`na cat,64x64," | ConvertFrom-Csv | New-ZImage -WhatIf | Should -BeNullOrEmpty
    }

    It 'does not fail with -WhatIf where the plan does not fit' {
        Set-ZOffload -VramBudget 16KB -WarningAction SilentlyContinue
        try {
            { New-ZImage 'a cat' @small -WhatIf -ErrorAction Stop } | Should -Not -Throw
        } finally {
            Set-ZOffload -VramBudget auto
        }
    }

    It 'works in parallel runspaces that share the model' {
        $expected = (New-ZImage 'a cat' @small -Seed 1).PixelHash
        $manifest = Join-Path (Get-Module ZImage).ModuleBase 'ZImage.psd1'
        $hashes = 1..3 | ForEach-Object -Parallel {
            Import-Module $using:manifest
            $small = $using:small
            (New-ZImage 'a cat' -Model $using:model @small -Seed 1).Pixels.PixelHash
        }
        $hashes | Should -Be $expected, $expected, $expected
    }
}
