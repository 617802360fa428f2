<#
.SYNOPSIS
    Draws every row of a CSV file with nobody there: for the Task Scheduler of Windows, cron, or any program that looks at an exit code.
.DESCRIPTION
    Nothing is asked. Every stream goes to a log, a line with the time for each record; -Verbose records say what was decided, and why. Where the files of a
    row are there already it is left out, so a run that was cut off is continued by the next. The exit code is 0 when every picture is there, 1 when some could
    not be drawn, 2 when the run could not start or was cut off.
.PARAMETER Csv
    The jobs, with the columns that batch.ps1 takes; examples/jobs.csv when left out.
.PARAMETER LogFile
    Where the log goes on; scheduled.log in the folder of the pictures when left out.
.PARAMETER ModelFolder
    Folder with the three files of a model; the demo model when left out.
.PARAMETER Device
    Where to compute, for example CPU or CUDA0; see Get-ZDevice.
.PARAMETER OutputFolder
    Where the pictures go; examples/out when left out.
.EXAMPLE
    $action = New-ScheduledTaskAction -Execute pwsh -Argument '-NoProfile -NonInteractive -File C:\zimage\examples\scheduled.ps1 -Csv C:\jobs\tonight.csv'
    Register-ScheduledTask -TaskName 'Draw tonight' -Action $action -Trigger (New-ScheduledTaskTrigger -Daily -At 2am)

    Windows starts the script at two each night; the exit code is the task's last result.
.EXAMPLE
    echo '0 2 * * * pwsh -NoProfile -NonInteractive -File /srv/zimage/examples/scheduled.ps1 -Csv /srv/jobs/tonight.csv' | crontab -

    The same on Linux. The line replaces all that crontab has; crontab -e adds one.
#>
[CmdletBinding()]
param(
    [string] $Csv = (Join-Path $PSScriptRoot 'jobs.csv'),
    [string] $LogFile,
    [string] $ModelFolder,
    [string] $Device = 'Auto',
    [string] $OutputFolder = (Join-Path $PSScriptRoot 'out')
)

$ProgressPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'
$folder = (New-Item (Join-Path $OutputFolder 'scheduled') -ItemType Directory -Force).FullName
$LogFile = $LogFile ? $LogFile : (Join-Path $folder 'scheduled.log')
$script:result = 2

function Invoke-Run {
    $ErrorActionPreference = 'Stop'
    $VerbosePreference = 'Continue'
    if (-not (Get-Module ZImage)) {
        Import-Module (Join-Path $PSScriptRoot '../ZImage.psd1') -Verbose:$false
    }

    $source = if ($ModelFolder) { @{ LiteralPath = $ModelFolder } } else { @{ Demo = $true } }
    $model = Import-ZModel @source -Device $Device
    try {
        $failed = 0
        $number = 0
        foreach ($job in Import-Csv -LiteralPath $Csv) {
            $number++
            $wanted = $job.Count ? [int] $job.Count : 1
            if (@(Get-ChildItem -LiteralPath $folder -Filter ('{0:000}-*.png' -f $number)).Count -ge $wanted) {
                "Row $number is drawn already."
                continue
            }
            $files = @($job | New-ZImage -Model $model -ErrorAction Continue | Save-ZImage -Path (Join-Path $folder ('{0:000}-{{seed}}.png' -f $number)) -Force -PassThru)
            $files | ForEach-Object { "Row $number is $($_.FullName)" }
            $failed += [int] ($files.Count -lt $wanted)
        }
        "$($number - $failed) of $number rows are drawn."
        $script:result = [int] ($failed -gt 0)
    }
    finally {
        Remove-ZModel $model
    }
}

function Get-Kind($record) {
    switch ($record) {
        { $_ -is [Management.Automation.ErrorRecord] } { 'ERROR  ' }
        { $_ -is [Management.Automation.WarningRecord] } { 'WARNING' }
        { $_ -is [Management.Automation.VerboseRecord] } { 'VERBOSE' }
        default { 'OUTPUT ' }
    }
}

& {
    try {
        Invoke-Run
    }
    catch {
        # As a record of the error stream it is logged like the others.
        Write-Error $_ -ErrorAction Continue
    }
} *>&1 | ForEach-Object { "$(Get-Date -Format 'yyyy-MM-dd HH:mm:ss') $(Get-Kind $_) $_" } | Add-Content -LiteralPath $LogFile
exit $script:result
