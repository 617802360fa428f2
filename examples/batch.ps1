<#
.SYNOPSIS
    Draws every row of a CSV file.
.DESCRIPTION
    A column is an option of New-ZImage: Prompt, NegativePrompt, Model, Width, Height, Size, Steps, Sampler, Scheduler, Seed,
    Rng, Shift, Sigmas, Eta, CfgScale, Count. An empty field takes the model's default. A row that cannot be drawn is an error of its own, and
    the rows after it are drawn all the same.
.PARAMETER Csv
    The jobs; examples/jobs.csv when left out.
.PARAMETER ModelFolder
    Folder with the three files of a model; the demo model when left out.
.PARAMETER OutputFolder
    Where the pictures and the list of them (images.csv) go; examples/out when left out.
.PARAMETER Device
    Where to compute, for example CPU or Vulkan0; see Get-ZDevice.
.EXAMPLE
    ./examples/batch.ps1 -Csv jobs.csv -ModelFolder ~/models -OutputFolder ~/pictures
#>
[CmdletBinding()]
param(
    [string] $Csv = (Join-Path $PSScriptRoot 'jobs.csv'),
    [string] $ModelFolder,
    [string] $OutputFolder = (Join-Path $PSScriptRoot 'out'),
    [string] $Device = 'Auto'
)

if (-not (Get-Module ZImage)) {
    Import-Module (Join-Path $PSScriptRoot '../ZImage.psd1') -ErrorAction Stop
}

$source = if ($ModelFolder) { @{ LiteralPath = $ModelFolder } } else { @{ Demo = $true } }
$model = Import-ZModel @source -Device $Device -ErrorAction Stop
try {
    Import-Csv -LiteralPath $Csv |
        New-ZImage -Model $model -OutVariable images |
        Save-ZImage -Path (Join-Path $OutputFolder 'batch/{index:00}-{seed}.png') -Force -PassThru |
        ForEach-Object FullName

    if ($images) {
        $images |
            Select-Object Prompt, Seed, Width, Height, Steps, Sampler, Scheduler, Shift, CfgScale, PixelHash, DurationSeconds |
            Export-Csv -LiteralPath (Join-Path $OutputFolder 'batch/images.csv')
    }
}
finally {
    Remove-ZModel $model
}
