BeforeDiscovery {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $commands = (Get-Command -Module ZImage).Name
    $topics = 'about_ZImage', 'about_ZImage_Offloading', 'about_ZImage_Troubleshooting', 'about_ZImage_Errors'
}

Describe 'Get-Help <_>' -ForEach $commands {
    BeforeAll {
        $help = Get-Help $_ -Full
        $text = $help | Out-String -Width 200
    }

    It 'begins with a sentence' {
        $help.Synopsis | Should -Match '^[A-Z].+\.$'
        $help.description.Text | Should -Not -BeNullOrEmpty
    }

    It 'shows all sections' {
        foreach ($section in 'SYNOPSIS', 'SYNTAX', 'DESCRIPTION', 'PARAMETERS', 'INPUTS', 'OUTPUTS', 'RELATED LINKS') {
            $text | Should -MatchExactly "(?m)^$section"
        }
        $text | Should -BeLike '*<CommonParameters>*'
    }

    It 'explains each parameter' {
        foreach ($parameter in $help.parameters.parameter) {
            $parameter.description.Text | Should -Not -BeNullOrEmpty -Because "-$($parameter.name) needs a text"
        }
    }

    It 'has examples with their commands' {
        $text | Should -BeLike '*Example 1: *Example 2: *'
        $help.examples.example.code | Should -Not -BeNullOrEmpty
    }
}

Describe 'Get-Help New-ZImage' {
    It 'says of a parameter what the compiler knows' {
        $prompt = Get-Help New-ZImage -Parameter Prompt
        $prompt.required | Should -Be 'true'
        $prompt.position | Should -Be '0'
        $prompt.pipelineInput | Should -Be 'True (ByPropertyName, ByValue)'
    }

    It 'shows the examples alone' {
        Get-Help New-ZImage -Examples | Out-String -Width 200 | Should -BeLike '*Example 1: *Save-ZImage red-cat.png*'
    }

    It 'lists the accepted values and the defaults of parameters' {
        Get-Help Set-ZOffload -Parameter OffloadMode | Out-String -Width 200 | Should -BeLike '*Accepted values: Auto, None, CondOnly, CondDiffusion, Aggressive, LayerStreaming.*'
        (Get-Help Measure-ZGeneration -Parameter Repeat).defaultValue | Should -Be '1'
        (Get-Help Get-ZModel -Parameter LiteralPath).aliases | Should -Be 'PSPath, FullName'
    }
}

Describe 'Get-Help <_>' -ForEach $topics {
    It 'shows the topic' {
        $topic = Get-Help $_
        $topic | Should -HaveCount 1
        $topic | Out-String | Should -BeLike "*SHORT DESCRIPTION*LONG DESCRIPTION*LINKS*"
    }

    It 'has a short description in the list of topics' {
        $name = $_
        (Get-Help about_ZImage* | Where-Object Name -eq $name).Synopsis | Should -Match '^[A-Z].+\.$'
    }
}

Describe 'Help of a module in another place' {
    It 'is found in <_>' -ForEach 'a folder with spaces (and more)', 'modules/ZImage/0.1.0' {
        $place = Join-Path $TestDrive $_
        $null = New-Item -ItemType Directory $place, "$place/Module"
        Copy-Item "$((Get-Module ZImage).ModuleBase)/ZImage.psd1" $place
        Copy-Item "$PSScriptRoot/../Module/*.ps*1*", "$PSScriptRoot/../Module/bin" "$place/Module" -Recurse
        $seen = & (Get-Process -Id $PID).Path -NoProfile -Command {
            param($manifest)
            Import-Module $manifest
            [cultureinfo]::CurrentUICulture = 'de-DE'
            (Get-Help New-ZImage).Synopsis
            @(Get-Help about_ZImage_Offloading | Out-String).Length -gt 0
            (Get-Command New-ZImage).Module.ModuleBase
        } -args (Join-Path $place 'ZImage.psd1')
        $seen | Should -Be (Get-Help New-ZImage).Synopsis, $true, $place
    }
}
