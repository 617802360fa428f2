BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
}

Describe 'Remove-ZModel' {
    BeforeEach {
        $model = Import-ZModel -Demo -Device CPU -Name one
    }

    AfterEach {
        Get-ZModel | Remove-ZModel
    }

    It 'removes <what> and is silent' -ForEach @(
        @{ what = 'a session'; remove = { Remove-ZModel $model } }
        @{ what = 'a name'; remove = { Remove-ZModel one } }
        @{ what = 'a pattern'; remove = { Remove-ZModel -Name o* } }
        @{ what = 'what comes by the pipeline'; remove = { Get-ZModel | Remove-ZModel } }
    ) {
        & $remove | Should -BeNullOrEmpty
        Get-ZModel | Should -BeNullOrEmpty
        $model.IsClosed | Should -BeTrue
    }

    It 'only says what it would do with -WhatIf' {
        Remove-ZModel one -WhatIf
        $model.IsClosed | Should -BeFalse
    }

    It 'does not mind a session that is removed already' {
        Remove-ZModel $model
        { Remove-ZModel $model -ErrorAction Stop } | Should -Not -Throw
    }
}
