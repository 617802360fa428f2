BeforeAll {
    & "$PSScriptRoot/Import-ZImage.ps1"
    $manifest = (Resolve-Path "$((Get-Module ZImage).ModuleBase)/ZImage.psd1").Path
    $pwsh = (Get-Process -Id $PID).Path
    $model = Import-ZModel -Demo -Device CPU -Threads 1 -Name shared
    $small = @{ Size = '64x64'; Steps = 2; Seed = 1 }
    $expected = (New-ZImage 'a cat' @small).PixelHash
}

AfterAll {
    Get-ZModel | Remove-ZModel
}

Describe 'Parallel work' {
    It 'shares a model in ForEach-Object -Parallel, which means the latest of the process' {
        1..4 | ForEach-Object -Parallel {
            Import-Module $using:manifest
            $small = $using:small
            (New-ZImage 'a cat' @small).PixelHash
        } | Should -Be $expected, $expected, $expected, $expected
    }

    It 'shares a model with Start-ThreadJob, or each job has its own' {
        if (-not (Get-Command Start-ThreadJob -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'there is no Start-ThreadJob'
        }
        $jobs = foreach ($own in $false, $true) {
            Start-ThreadJob -ArgumentList $manifest, $small, $own {
                param($manifest, $small, $own)
                Import-Module $manifest
                if ($own) {
                    $mine = Import-ZModel -Demo -Device CPU -Threads 1
                }
                (New-ZImage 'a cat' @small).PixelHash
                if ($own) {
                    Remove-ZModel $mine
                }
            }
        }
        $jobs | Receive-Job -Wait -AutoRemoveJob | Should -Be $expected, $expected
    }

    It 'is ended by Stop-Job, and the model draws again' {
        if (-not (Get-Command Start-ThreadJob -ErrorAction Ignore)) {
            Set-ItResult -Skipped -Because 'there is no Start-ThreadJob'
        }
        $job = Start-ThreadJob -ArgumentList $manifest {
            param($manifest)
            Import-Module $manifest
            New-ZImage 'a cat' -Model shared -Size 64x64 -Steps 1000 -Count 1000 -BatchSize 1
        }
        $deadline = (Get-Date).AddSeconds(60)
        while (-not $job.Progress.Count -and (Get-Date) -lt $deadline) {
            Start-Sleep -Milliseconds 50
        }
        $job.Progress.Count | Should -BeGreaterThan 0
        (Measure-Command { Stop-Job $job }).TotalSeconds | Should -BeLessThan 20
        $job.State | Should -Be 'Stopped'
        Remove-Job $job
        (New-ZImage 'a cat' @small).PixelHash | Should -Be $expected
    }
}

Describe 'The streams' {
    It 'say with -Verbose why it is done so' {
        $said = New-ZImage 'a cat that sits' -Size 64x64 -Steps 2 -Count 2 -Verbose 4>&1 | Where-Object { $_ -is [Management.Automation.VerboseRecord] } | Out-String -Width 400
        $said | Should -Match 'mode None \(chosen by Auto\): at most [\d.]+ MiB of'
        $said | Should -Match 'drawn one at a time: nothing that they could share is moved'
        New-ZImage 'a cat that sits' -Size 64x64 -Steps 2 -Verbose 4>&1 | Out-String -Width 400 | Should -Match 'The prompt cache has what the text encoder would say'
        $auto = Import-ZModel -Demo -Verbose -Name auto 4>&1 | Out-String -Width 400
        Remove-ZModel auto
        $auto | Should -Match 'Auto takes \w+ \('
    }

    # PowerShell itself asks before each verbose line of a compiled cmdlet that has -Debug and nothing on -Verbose.
    It 'carry the log of ggml with -Debug, and nothing goes to the console by itself' {
        $script = @'
Import-Module '{0}'
$model = Import-ZModel -Demo -Device CPU -Debug -Verbose:$false 5>$null
$image = New-ZImage 'a cat' -Size 64x64 -Steps 1 -Debug -Verbose 4>$null 5>$null 6>$null
Remove-ZModel $model
'said nothing'
'@ -f $manifest
        & $pwsh -NoProfile -NonInteractive -Command $script 2>&1 | Should -Be 'said nothing'
    }
}

Describe 'An unattended run' {
    BeforeAll {
        function Run([string] $script, [string] $option = '-Command') {
            if ($option -eq '-File') {
                $file = Join-Path $TestDrive 'run.ps1'
                Set-Content $file $script
                $script = $file
            }
            $output = & $pwsh -NoProfile -NonInteractive $option $script 2>&1
            [pscustomobject] @{ ExitCode = $LASTEXITCODE; Output = "$output" }
        }
    }

    It 'is never asked: drawing, saving, changing, reporting and removing' {
        $folder = Join-Path $TestDrive 'out'
        $run = Run @"
`$ErrorActionPreference = 'Stop'
Import-Module '$manifest'
Import-ZModel -Demo -Device CPU -Threads 1 | Out-Null
Set-ZOffload -VramBudget 4GB
New-ZImage 'a cat' -Size 64x64 -Steps 1 | Save-ZImage -Path '$folder/cat.png'
Measure-ZGeneration -Size 64x64 -Steps 1 -Warmup 0 | Export-ZReport '$folder/report.md'
Get-ZModel | Remove-ZModel
'done'
"@ -option '-File'
        $run.Output | Should -Be 'done'
        $run.ExitCode | Should -Be 0
        Join-Path $folder 'cat.png' | Should -Exist
    }

    It 'ends with an error where a parameter is missing' {
        $run = Run "Import-Module '$manifest'; New-ZImage"
        $run.ExitCode | Should -Be 1
        $run.Output | Should -Match 'Prompt'
    }

    It 'ends with the code 1 after an error that ends the script' {
        $run = Run "`$ErrorActionPreference = 'Stop'; Import-Module '$manifest'; New-ZImage 'a cat'; 'went' + 'on'" -option '-File'
        $run.ExitCode | Should -Be 1
        $run.Output | Should -Match 'No model is imported'
        $run.Output | Should -Not -Match 'wenton'
    }

    It 'asks before <command> only who wants to be asked' -ForEach @(
        @{ command = 'New-ZImage'; impact = 'Low' }
        @{ command = 'Save-ZImage'; impact = 'Medium' }
        @{ command = 'Set-ZOffload'; impact = 'Medium' }
        @{ command = 'Remove-ZModel'; impact = 'Medium' }
        @{ command = 'Export-ZReport'; impact = 'Medium' }
    ) {
        (Get-Command $command).ImplementingType.GetCustomAttributes([Management.Automation.CmdletAttribute], $false)[0].ConfirmImpact | Should -Be $impact
    }
}
