<#
.SYNOPSIS
    Measures eight ways to use a card and writes a report on them.
.DESCRIPTION
    The table is that of the benchmark: no offload, the text encoder out after the prompt, components on the CPU, with and without tiles. The model is made
    out of random weights in memory, in the published size where the machine's memory holds it, so nothing has to be downloaded first.
.PARAMETER ModelFolder
    Folder with the three files of a model, to measure that one.
.PARAMETER Demo
    Measures the demo model: quick, and no measure of a card for the real one.
.PARAMETER Device
    Where to compute, for example CUDA0 or Vulkan0; see Get-ZDevice.
.PARAMETER OutputFolder
    Where report.md and report.html go; examples/out when left out.
.PARAMETER Repeat
    Measured runs of each row, after one that warms up.
.EXAMPLE
    ./examples/judge-card.ps1 -Device CUDA0 -Repeat 3
#>
[CmdletBinding()]
param(
    [string] $ModelFolder,
    [switch] $Demo,
    [string] $Device = 'Auto',
    [string] $OutputFolder = [IO.Path]::Combine($PSScriptRoot, 'out'),
    [ValidateRange(1, 100)]
    [int] $Repeat = 1
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module ZImage)) {
    Import-Module ([IO.Path]::GetFullPath('../ZImage.psd1', $PSScriptRoot))
}

$reports = [IO.Path]::Combine($OutputFolder, 'report.md'), [IO.Path]::Combine($OutputFolder, 'report.html')
if (-not ($ModelFolder -or $Demo)) {
    Measure-ZGeneration -Synthetic -Device $Device -Suite VramOffload -Repeat $Repeat | Export-ZReport -Path $reports -Force -PassThru
    return
}
$source = if ($Demo) { @{ Demo = $true } } else { @{ LiteralPath = $ModelFolder } }
$model = Import-ZModel @source -Device $Device -Name 'judge-card.ps1'
try {
    $model | Measure-ZGeneration -Suite VramOffload -Repeat $Repeat | Export-ZReport -Path $reports -Force -PassThru
}
finally {
    Remove-ZModel $model
}
