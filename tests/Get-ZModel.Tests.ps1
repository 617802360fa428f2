BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    'first', 'second', 'other' | ForEach-Object { $null = Import-ZModel -Demo -Device CPU -Name $_ }
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Get-ZModel' {
    It 'lists the imported models in the order of import' {
        (Get-ZModel).Name | Should -Be 'first', 'second', 'other'
    }

    It 'finds by name and by pattern' {
        (Get-ZModel SECOND).Name | Should -Be 'second'
        (Get-ZModel *s*).Name | Should -Be 'first', 'second'
        (Get-ZModel other, first).Name | Should -Be 'other', 'first'
        ('other', 'first' | Get-ZModel).Name | Should -Be 'other', 'first'
        Get-ZModel nosuch* | Should -BeNullOrEmpty
    }

    It 'names the imported models when a name is wrong' {
        { Get-ZModel nosuch -ErrorAction Stop } | Should -Throw "*'nosuch'*first, second, other*" -ErrorId 'SessionNotFound*'
    }
}

Describe 'Get-ZModel -Path' {
    BeforeAll {
        $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path
    }

    It 'says what each file of a folder is, without importing it' {
        $before = @(Get-ZModel).Count
        $found = Get-ZModel -Path $demo
        $found.Kind | Sort-Object | Should -Be 'Transformer', 'TextEncoder', 'Autoencoder'
        $found.IsUsable | Should -Not -Contain $false
        $transformer = $found | Where-Object Kind -EQ Transformer
        $transformer.Types.Keys | Should -Contain 'Q8_0'
        $transformer.Parameters | Should -BeGreaterThan 1e6
        $transformer.Recommended.Width | Should -Be 128
        ($found | Where-Object Kind -EQ TextEncoder).RopeTheta | Should -BeGreaterThan 0
        @(Get-ZModel).Count | Should -Be $before
    }

    It 'takes files from the pipeline' {
        (Get-ChildItem $demo -Filter *.gguf | Get-ZModel).Count | Should -Be 3
        (Get-Item $demo | Get-ZModel).Count | Should -Be 3
    }

    It 'goes on after a file that is no model' {
        $text = Join-Path $TestDrive 'notes.gguf'
        Set-Content $text 'not a model'
        $found = Get-ZModel -Path $text, $demo -ErrorVariable problem -ErrorAction SilentlyContinue
        $found.Count | Should -Be 3
        $problem.FullyQualifiedErrorId | Should -BeLike 'NotAModelFile,*'
    }

    It 'shows files in a table and in a list' {
        $found = Get-ZModel -Path $demo
        $found | Format-Table | Out-String -Width 160 | Should -Match '(?m)^Transformer\s+\w+\s+[\d.,]+\s+[\d.,]+\s+\S.*True\s+z-image'
        $list = $found | Format-List | Out-String -Width 300
        $list | Should -Match 'Recommended\s+: 128x128, \d+ steps of \w+ on \w+'
        $list | Should -Match 'Variant\s+: \w+: \w+'
    }
}
