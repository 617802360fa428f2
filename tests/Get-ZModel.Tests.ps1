BeforeAll {
    Import-Module "$PSScriptRoot/../ZImage.psd1"
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
        Get-ZModel nosuch* | Should -BeNullOrEmpty
    }

    It 'names the imported models when a name is wrong' {
        { Get-ZModel nosuch -ErrorAction Stop } | Should -Throw "*'nosuch'*first, second, other*" -ErrorId 'SessionNotFound*'
    }
}
