<#
.SYNOPSIS
    Draws every row of a CSV file on several machines.
.DESCRIPTION
    Each machine has one PowerShell session and loads the model once. The rows wait in one queue: a machine that is done takes the next, so a fast one draws more.
    When a machine dies, its row goes back into the queue for the others; a row that has cost three machines is given up. A row that cannot be drawn is an error of
    its own. The pictures come back as PNG files, and for each an object says where it was drawn.
    The machines need PowerShell 7.6, ZImage and the model, and PowerShell remoting over SSH or, on Windows, WinRM.
.PARAMETER HostName
    Machines to reach over SSH, for example user@gpu1.
.PARAMETER ComputerName
    Machines to reach over WinRM.
.PARAMETER Session
    Sessions that are open already. They stay open, and keep the model. Without machines and sessions two processes of this machine stand in, to try the script.
.PARAMETER Csv
    The jobs, with the columns that batch.ps1 takes; examples/jobs.csv when left out.
.PARAMETER Module
    Name or path of ZImage on the machines. For processes of this machine it is this copy.
.PARAMETER ModelFolder
    Folder on the machines with the three files of a model; the demo model when left out.
.PARAMETER Device
    Where the machines compute, for example CPU or CUDA0; see Get-ZDevice.
.PARAMETER OutputFolder
    Where the pictures go, here; examples/out when left out.
.EXAMPLE
    ./examples/machines.ps1 -HostName me@gpu1, me@gpu2 -Csv jobs.csv -ModelFolder /srv/models
.EXAMPLE
    $sessions = New-PSSession -HostName gpu1, gpu2 -UserName me
    ./examples/machines.ps1 -Session $sessions -Device CUDA0 | Export-Csv drawn.csv
#>
[CmdletBinding(DefaultParameterSetName = 'Try')]
param(
    [Parameter(Mandatory, ParameterSetName = 'Ssh')]
    [string[]] $HostName,

    [Parameter(Mandatory, ParameterSetName = 'WinRM')]
    [string[]] $ComputerName,

    [Parameter(Mandatory, ParameterSetName = 'Session')]
    [Management.Automation.Runspaces.PSSession[]] $Session,

    [string] $Csv = (Join-Path $PSScriptRoot 'jobs.csv'),
    [string] $Module = $PSCmdlet.ParameterSetName -eq 'Try' ? (Join-Path $PSScriptRoot '../ZImage.psd1') : 'ZImage',
    [string] $ModelFolder,
    [string] $Device = 'Auto',
    [string] $OutputFolder = (Join-Path $PSScriptRoot 'out')
)

$ErrorActionPreference = 'Stop'
$mostMachines = 3

# Run on a machine once.
$load = {
    param($module, $source, $device)
    $ErrorActionPreference = 'Stop'
    Import-Module $module
    # A session that stayed open still has the one of the last time.
    if ($global:machinesModel) {
        Remove-ZModel $global:machinesModel
    }
    $global:machinesModel = Import-ZModel @source -Device $device
}

# Run on a machine for each row. PNG files carry the settings, so nothing else has to come back.
$draw = {
    param($row)
    foreach ($image in $row | New-ZImage -Model $global:machinesModel -ErrorAction Stop) {
        $file = Join-Path ([IO.Path]::GetTempPath()) "$([guid]::NewGuid()).png"
        $image | Save-ZImage -LiteralPath $file
        [pscustomobject] @{ Seed = $image.Seed; DurationSeconds = $image.DurationSeconds; Png = [IO.File]::ReadAllBytes($file) }
        Remove-Item -LiteralPath $file
    }
}

function Connect-Process {
    $runspace = [runspacefactory]::CreateOutOfProcessRunspace($null)
    $runspace.Open()
    [Management.Automation.Runspaces.PSSession]::Create($runspace, 'Process', $PSCmdlet)
}

function Start-Work($session, $script, $arguments, $item) {
    $job = Invoke-Command -Session $session -ScriptBlock $script -ArgumentList $arguments -AsJob
    [pscustomobject] @{ Job = $job; Session = $session; Item = $item }
}

function Save-Drawn($item, $session, $drawn) {
    $file = Join-Path $folder ('{0:00}-{1}.png' -f $item.Number, $drawn.Seed)
    [IO.File]::WriteAllBytes($file, $drawn.Png)
    [pscustomobject] @{ Number = $item.Number; Prompt = $item.Row.Prompt; Seed = $drawn.Seed; Machine = $session.Name; DurationSeconds = $drawn.DurationSeconds; File = $file }
}

$folder = (New-Item (Join-Path $OutputFolder 'machines') -ItemType Directory -Force).FullName
$source = if ($ModelFolder) { @{ LiteralPath = $ModelFolder } } else { @{ Demo = $true } }
$number = 0
$queue = [Collections.Generic.Queue[object]]::new()
Import-Csv -LiteralPath $Csv | ForEach-Object { $queue.Enqueue([pscustomobject] @{ Number = ++$number; Row = $_; Machines = 0 }) }

$sessions = switch ($PSCmdlet.ParameterSetName) {
    'Ssh' { New-PSSession -HostName $HostName -ErrorAction Continue }
    'WinRM' { New-PSSession -ComputerName $ComputerName -ErrorAction Continue }
    'Session' { $Session }
    'Try' { Connect-Process; Connect-Process }
}

try {
    $working = [Collections.Generic.List[object]]::new()
    foreach ($one in $sessions) {
        $working.Add((Start-Work $one $load @($Module, $source, $Device)))
    }
    $idle = [Collections.Generic.Queue[object]]::new()
    while ($working.Count -gt 0) {
        $finished = Wait-Job -Job $working.Job -Any
        $work = $working.Find({ $args[0].Job.Id -eq $finished.Id })
        $working.Remove($work) | Out-Null
        $output = Receive-Job $finished -ErrorAction SilentlyContinue -ErrorVariable faults
        $failed = $finished.State -ne 'Completed'
        Remove-Job $finished
        $item = $work.Item

        if ($work.Session.State -ne 'Opened') {
            Write-Warning "$($work.Session.Name) is gone: $($faults | Select-Object -Last 1)"
            if ($item -and ++$item.Machines -lt $mostMachines) {
                $queue.Enqueue($item)
            }
            elseif ($item) {
                Write-Error "Row $($item.Number), '$($item.Row.Prompt)', was given up: $mostMachines machines died of it." -ErrorAction Continue
            }
        }
        elseif ($failed -and -not $item) {
            Write-Warning "$($work.Session.Name) cannot be used: $($faults | Select-Object -Last 1)"
        }
        else {
            if ($failed) {
                Write-Error "Row $($item.Number), '$($item.Row.Prompt)': $($faults | Select-Object -Last 1)" -ErrorAction Continue
            }
            foreach ($drawn in $output) {
                Save-Drawn $item $work.Session $drawn
            }
            $idle.Enqueue($work.Session)
        }

        while ($queue.Count -gt 0 -and $idle.Count -gt 0) {
            $free = $idle.Dequeue()
            if ($free.State -ne 'Opened') {
                Write-Warning "$($free.Name) is gone."
                continue
            }
            $next = $queue.Dequeue()
            Write-Verbose "$($free.Name) draws row $($next.Number)."
            $working.Add((Start-Work $free $draw @($next.Row) $next))
        }
    }
    if ($queue.Count -gt 0) {
        throw "No machine is left; $($queue.Count) rows were not drawn."
    }
}
finally {
    if ($PSCmdlet.ParameterSetName -ne 'Session' -and $sessions) {
        Remove-PSSession $sessions
    }
}
