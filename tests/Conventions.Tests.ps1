BeforeDiscovery {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $names = (Get-Command -Module ZImage).Name
}

BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $manifest = Join-Path (Get-Module ZImage).ModuleBase 'ZImage.psd1'
}

Describe 'The module' {
    It 'has a manifest that is valid and complete' {
        $tested = Test-ModuleManifest $manifest -WarningVariable warnings -ErrorAction Stop
        $warnings | Should -BeNullOrEmpty
        foreach ($property in 'Author', 'CompanyName', 'Copyright', 'Description', 'Guid', 'ReleaseNotes', 'Tags') {
            $tested.$property | Should -Not -BeNullOrEmpty -Because $property
        }
        $tested.Tags | Should -Contain 'PSEdition_Core'
    }

    It 'exports the cmdlets that its manifest lists, in order, and nothing else' {
        $listed = (Import-PowerShellDataFile $manifest).CmdletsToExport
        $listed | Should -Be ($listed | Sort-Object)
        (Get-Command -Module ZImage).Name | Should -Be $listed
        Get-Command -Module ZImage -CommandType Function, Alias | Should -BeNullOrEmpty
    }

    It 'can be removed and imported again' {
        Remove-Module ZImage
        Get-Command Get-ZDevice -ErrorAction Ignore | Should -BeNullOrEmpty
        & "$PSScriptRoot/Import-ZImage.ps1"
        (Get-Command Get-ZDevice).Version | Should -Be (Test-ModuleManifest $manifest).Version
    }

    It 'shows its results by the properties that its types name' {
        (Get-ZDevice CPU).PSStandardMembers.DefaultDisplayPropertySet.ReferencedPropertyNames | Should -Contain 'IsAvailable'
    }

    It 'has no warnings of the script analyzer' {
        if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) {
            Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not installed'
        }
        $root = "$PSScriptRoot/.."
        Get-Item "$root/*.psd1", "$root/*.ps1", "$root/Module/*.psm1", "$root/src/ZImage.Package/*.ps1", "$root/examples/*.ps1", "$PSScriptRoot/Import-ZImage.ps1" |
            ForEach-Object { Invoke-ScriptAnalyzer $_.FullName -Settings PSGallery } | Out-String | Should -BeNullOrEmpty
    }

    It 'is imported by every test file in the same way' {
        $files = Get-ChildItem "$PSScriptRoot/*.Tests.ps1" -Exclude Conventions.Tests.ps1
        foreach ($file in $files) {
            Get-Content $file -Raw | Should -Match '\$PSScriptRoot/Import-ZImage\.ps1' -Because $file.Name
            Get-Content $file -Raw | Should -Not -Match 'PSScriptRoot.*ZImage\.psd1' -Because $file.Name
        }
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

    It 'says what it writes' {
        if ($command.Verb -ne 'Remove') {
            $command.OutputType | Should -Not -BeNullOrEmpty
        }
    }

    It 'takes at most two parameters by position' {
        foreach ($set in $command.ParameterSets) {
            @($set.Parameters | Where-Object Position -GE 0).Count | Should -BeLessOrEqual 2 -Because $set.Name
        }
    }

    It 'has -WhatIf and -Confirm where it changes something' {
        if ($command.Verb -in 'Clear', 'Export', 'New', 'Remove', 'Save', 'Set') {
            $command.Parameters.Keys | Should -Contain 'WhatIf'
            $command.Parameters.Keys | Should -Contain 'Confirm'
        }
    }

    It 'has a file of tests' {
        "$PSScriptRoot/$($command.Name).Tests.ps1" | Should -Exist
    }

    It 'has a help page' {
        "$PSScriptRoot/../Module/docs/en-US/$($command.Name).md" | Should -Exist
    }

    It 'shows its syntax in Get-Help' {
        Get-Help $command.Name | Out-String | Should -Match $command.Name
    }
}

Describe 'The error' {
    BeforeAll {
        Push-Location $TestDrive
        $null = Import-ZModel -Demo -Device CPU -Threads 1
        New-ZImage 'a cat' -Size 64x64 -Steps 1 | Save-ZImage there.png
    }

    AfterAll {
        Get-ZModel | Remove-ZModel
        Pop-Location
    }

    It 'is <id> where <what>' -ForEach @(
        @{ what = 'a report has no format'; id = 'ReportFormatUnknown'; category = 'InvalidArgument'; target = 'r.txt'; run = { Export-ZReport r.txt -InputObject (Measure-ZGeneration -Size 64x64 -Steps 1 -Warmup 0) } }
        @{ what = 'there is no such device'; id = 'DeviceNotFound'; category = 'ObjectNotFound'; target = 'nosuch'; run = { Get-ZDevice nosuch } }
        @{ what = 'there is no such image'; id = 'ImageFileNotFound'; category = 'ObjectNotFound'; target = 'nosuch.png'; run = { Get-ZImageInfo nosuch.png } }
        @{ what = 'a size cannot be planned'; id = 'InvalidImageSize'; category = 'InvalidArgument'; target = '65x64'; run = { Get-ZMemoryPlan -Size 65x64 } }
        @{ what = 'a size cannot be drawn'; id = 'InvalidImageSize'; category = 'InvalidArgument'; target = '65x64'; run = { New-ZImage 'a cat' -Size 65x64 } }
        @{ what = 'there is no such model'; id = 'SessionNotFound'; category = 'ObjectNotFound'; target = 'nosuch'; run = { Get-ZModel nosuch } }
        @{ what = 'there is no such model to remove'; id = 'SessionNotFound'; category = 'ObjectNotFound'; target = 'nosuch'; run = { Remove-ZModel nosuch } }
        @{ what = 'there is no such model to set'; id = 'SessionNotFound'; category = 'ObjectNotFound'; target = 'nosuch'; run = { Set-ZOffload nosuch -VramBudget 1GB } }
        @{ what = 'there is no such model file'; id = 'ModelFileNotFound'; category = 'ObjectNotFound'; target = 'nosuch.gguf'; run = { Get-ZModel -Path nosuch.gguf } }
        @{ what = 'there is no such folder'; id = 'ModelFileNotFound'; category = 'ObjectNotFound'; target = 'nosuch'; run = { Import-ZModel nosuch } }
        @{ what = 'there is no such setting'; id = 'UnknownConfigurationKey'; category = 'InvalidArgument'; target = 'Nosuch'; run = { Measure-ZGeneration -Configuration @{ Nosuch = 1 } } }
        @{ what = 'an image is there already'; id = 'ImageFileExists'; category = 'ResourceExists'; target = 'there.png'; run = { New-ZImage 'a cat' -Size 64x64 -Steps 1 | Save-ZImage there.png } }
    ) {
        $problem = { $ErrorActionPreference = 'Stop'; & $run } | Should -Throw -PassThru -ErrorId "$id,*"
        $problem.CategoryInfo.Category | Should -Be $category
        "$($problem.TargetObject)" | Should -BeLike "*$target"
        $problem.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        "$problem" | Should -BeLike "*$target*"
    }
}
