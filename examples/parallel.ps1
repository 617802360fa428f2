<#
.SYNOPSIS
    Draws prompts in several runspaces that share one model.
.DESCRIPTION
    The model lies in memory once and draws one picture at a time; the runspaces take turns in the order they asked. So the drawing gets no faster, but what a
    runspace does before and after it, here writing a large file, runs beside the drawing of the others.
.PARAMETER Prompt
    What to draw, a picture each.
.PARAMETER Setting
    Options of New-ZImage that all pictures share.
.PARAMETER ThrottleLimit
    Runspaces at a time.
.PARAMETER ModelFolder
    Folder with the three files of a model; the demo model when left out.
.PARAMETER Device
    Where to compute, for example CPU or CUDA0; see Get-ZDevice.
.PARAMETER OutputFolder
    Where the pictures go; examples/out when left out.
.EXAMPLE
    ./examples/parallel.ps1 -Prompt (Get-Content prompts.txt) -Setting @{ Steps = 4; Seed = 42 } -ThrottleLimit 3
#>
[CmdletBinding()]
param(
    [string[]] $Prompt = @('a red cat on a blue background', 'a green tree on a white background', 'a yellow star on a black background'),

    [hashtable] $Setting = @{ Seed = 1 },

    [ValidateRange(1, 64)]
    [int] $ThrottleLimit = 2,

    [string] $ModelFolder,
    [string] $Device = 'Auto',
    [string] $OutputFolder = (Join-Path $PSScriptRoot 'out')
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module ZImage)) {
    Import-Module (Join-Path $PSScriptRoot '../ZImage.psd1')
}

$manifest = Join-Path (Get-Module ZImage).ModuleBase 'ZImage.psd1'
$path = Join-Path $OutputFolder 'parallel/{prompt}-{seed}.webp'
$source = if ($ModelFolder) { @{ LiteralPath = $ModelFolder } } else { @{ Demo = $true } }
$model = Import-ZModel @source -Device $Device
try {
    $Prompt | ForEach-Object -ThrottleLimit $ThrottleLimit -Parallel {
        Import-Module $using:manifest
        $options = $using:Setting
        New-ZImage $_ -Model $using:model @options | Save-ZImage -Path $using:path -Force -PassThru
    }
}
finally {
    Remove-ZModel $model
}
