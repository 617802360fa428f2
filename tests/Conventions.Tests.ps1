BeforeDiscovery {
    Import-Module "$PSScriptRoot/../ZImage.psd1"
    $names = (Get-Command -Module ZImage).Name
}

Describe 'The module' {
    It 'has a valid manifest' {
        { Test-ModuleManifest "$PSScriptRoot/../ZImage.psd1" -ErrorAction Stop } | Should -Not -Throw
    }

    It 'can be removed and imported again' {
        Remove-Module ZImage
        Import-Module "$PSScriptRoot/../ZImage.psd1"
        (Get-Command Get-ZDevice).Version | Should -Be (Test-ModuleManifest "$PSScriptRoot/../ZImage.psd1").Version
    }

    It 'has no warnings of the script analyzer' {
        if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) {
            Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'
        }
        $scripts = @('ZImage.psd1', 'Module/ZImage.psm1') + (Get-ChildItem "$PSScriptRoot/../examples/*.ps1" | ForEach-Object { "examples/$($_.Name)" })
        $scripts | ForEach-Object { Invoke-ScriptAnalyzer "$PSScriptRoot/../$_" -Settings PSGallery } | Out-String | Should -BeNullOrEmpty
    }
}

Describe '<_>' -ForEach $names {
    BeforeAll {
        $command = Get-Command $_
    }

    It 'has an approved verb' {
        $command.Verb | Should -BeIn (Get-Verb).Verb
    }

    It 'has a singular noun that begins with Z' {
        $command.Noun | Should -MatchExactly '^Z[A-Z]\w*[^s]$'
    }

    It 'shows its syntax in Get-Help' {
        Get-Help $command.Name | Out-String | Should -Match $command.Name
    }

    It 'says what it writes' {
        if ($command.Verb -ne 'Remove') {
            $command.OutputType | Should -Not -BeNullOrEmpty
        }
    }
}
