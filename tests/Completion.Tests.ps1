BeforeDiscovery {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $common = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
    $parameters = foreach ($command in Get-Command -Module ZImage -CommandType Cmdlet) {
        foreach ($name in $command.Parameters.Keys) {
            if ($name -notin $common) {
                @{ command = $command.Name; parameter = $name }
            }
        }
    }
}

BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $demo = (Resolve-Path "$PSScriptRoot/../Module/demo-model").Path
    function Complete([string] $line) { (TabExpansion2 $line $line.Length).CompletionMatches }
}

Describe 'Completion' {
    AfterAll {
        Get-ZModel | Remove-ZModel
    }

    It 'never fails: <command> -<parameter>' -ForEach $parameters {
        $before = $Error.Count
        { Complete "$command -$parameter " } | Should -Not -Throw
        { Complete "$command -$parameter 'x" } | Should -Not -Throw
        $Error.Count | Should -Be $before
    }

    It 'is quick, and loads no backend' {
        $program = (Get-Process -Id $PID).Path
        $script = {
            param($manifest, $folder)
            Import-Module $manifest
            Set-Location $folder
            $lines = 'Import-ZModel -Device ', 'Import-ZModel -Diffusion ', 'New-ZImage -Sampler ', 'Get-ZModel -Path ', 'New-ZImage -Model '
            $null = TabExpansion2 'Get-ZDevice ' 12
            $time = Measure-Command { foreach ($line in $lines) { $null = TabExpansion2 $line $line.Length } }
            $native = (Get-Process -Id $PID).Modules | Where-Object ModuleName -Match '^(lib)?ggml'
            "$($time.TotalSeconds -lt 5) $(@($native).Count)"
        }
        & $program -NoProfile -NonInteractive -Command $script -args "$((Get-Module ZImage).ModuleBase)/ZImage.psd1", $demo | Should -Be 'True 0'
    }

    Context 'of paths' {
        BeforeAll {
            $folder = New-Item (Join-Path $TestDrive 'my models') -ItemType Directory
            Copy-Item "$demo/*.gguf" $folder
            Set-Content (Join-Path $folder 'notes.txt') 'no model'
            Set-Content (Join-Path $folder 'other.gguf') 'no model either'
            $null = New-Item (Join-Path $folder 'more') -ItemType Directory
            Push-Location $folder
        }

        AfterAll {
            Pop-Location
        }

        It 'offers -<parameter> only <files>' -ForEach @(
            @{ parameter = 'Diffusion'; files = 'z-image-demo-q8_0.gguf' }
            @{ parameter = 'TextEncoder'; files = 'qwen3-demo-f16.gguf' }
            @{ parameter = 'Vae'; files = 'ae-demo-f16.gguf' }
        ) {
            (Complete "Import-ZModel -$parameter ").ListItemText | Sort-Object | Should -Be ('more', $files | Sort-Object)
        }

        It 'offers every model file to Get-ZModel, and no text' {
            $items = (Complete 'Get-ZModel -Path ').ListItemText
            $items | Should -Contain 'other.gguf'
            $items | Should -Not -Contain 'notes.txt'
            $items.Count | Should -Be 5
        }

        It 'offers folders to Import-ZModel, quoted where they need it' {
            (Complete 'Import-ZModel ').ListItemText | Should -Be 'more'
            (Complete "Import-ZModel '$TestDrive/my").CompletionText | Should -BeLike "'*my models*'"
        }
    }

    It 'completes <line>' -ForEach @(
        @{ line = 'Export-ZReport x.md -Format H'; text = 'Html' }
        @{ line = 'Measure-ZGeneration -Suite V'; text = 'VramOffload' }
        @{ line = 'Measure-ZGeneration -Sampler heu'; text = 'heun' }
        @{ line = 'Set-ZOffload -VaeTileSize a'; text = 'auto' }
        @{ line = 'Get-ZMemoryPlan -Size 1280'; text = '1280x720' }
    ) {
        (Complete $line).CompletionText | Should -Contain $text
    }
}
