BeforeAll {
    Import-Module "$PSScriptRoot/../ZImage.psd1"
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
        $image = New-ZImage 'a cat' @small -Seed 42
        $table = $image | Format-Table | Out-String -Width 120
        $table | Should -Match 'Size\s+Steps\s+Seed\s+Time \(s\)\s+PixelHash\s+Prompt'
        $table | Should -Match "64x64\s+2\s+42\s+[\d.,]+\s+$($image.PixelHash.Substring(0, 10))\s+a cat"
        $list = $image | Format-List | Out-String -Width 200
        $list | Should -Match 'Sampling\s+: 2 steps of \w+ on \w+, shift [\d.,]+, CFG scale 1'
        $list | Should -Match 'Phases\s+: Tokenize [\d.,]+ s, Condition [\d.,]+ s, Sample [\d.,]+ s, Decode [\d.,]+ s'
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

    It 'completes <line>' -ForEach @(
        @{ line = 'New-ZImage x -Sampler e'; text = 'euler' }
        @{ line = 'New-ZImage x -Model de'; text = 'demo' }
        @{ line = 'New-ZImage x -Size 1024x10'; text = '1024x1024' }
    ) {
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain $text
    }

    It 'works in parallel runspaces that share the model' {
        $expected = (New-ZImage 'a cat' @small -Seed 1).PixelHash
        $manifest = "$PSScriptRoot/../ZImage.psd1"
        $hashes = 1..3 | ForEach-Object -Parallel {
            Import-Module $using:manifest
            $small = $using:small
            (New-ZImage 'a cat' -Model $using:model @small -Seed 1).Pixels.PixelHash
        }
        $hashes | Should -Be $expected, $expected, $expected
    }
}
