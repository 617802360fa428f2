<#
.SYNOPSIS
    Draws one prompt with every combination of two settings.
.DESCRIPTION
    The pictures go into files of their own and, side by side, on one sheet, grid.png: the values of -Down row by row, those of -Across column by column.
    grid.md shows them as a table with the values at its sides, grid.csv lists values, times and pixel hashes.
.PARAMETER Prompt
    What to draw.
.PARAMETER Down
    An option of New-ZImage and its values, one for each row, for example @{ Steps = 4, 8 }.
.PARAMETER Across
    An option and its values, one for each column, for example @{ Seed = 1, 2, 3 }.
.PARAMETER Setting
    Options that all pictures share.
.PARAMETER ModelFolder
    Folder with the three files of a model; the demo model when left out.
.PARAMETER Device
    Where to compute, for example CPU or CUDA0; see Get-ZDevice.
.PARAMETER OutputFolder
    Where the folder of the grid goes; examples/out when left out.
.EXAMPLE
    ./examples/grid.ps1 'a red cat' -Down @{ Steps = 2, 4, 8 } -Across @{ CfgScale = 1, 1.5, 2 } -Setting @{ Seed = 42 }
.EXAMPLE
    ./examples/grid.ps1 'a red cat' -Down @{ Sampler = 'euler', 'heun' } -Across @{ Seed = 1..4 } | Sort-Object DurationSeconds
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [string] $Prompt = 'a red cat on a blue background',

    [ValidateCount(1, 1)]
    [hashtable] $Down = @{ Sampler = @('euler', 'heun') },

    [ValidateCount(1, 1)]
    [hashtable] $Across = @{ Seed = @(1, 2) },

    [hashtable] $Setting = @{},
    [string] $ModelFolder,
    [string] $Device = 'Auto',
    [string] $OutputFolder = (Join-Path $PSScriptRoot 'out')
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module ZImage)) {
    Import-Module (Join-Path $PSScriptRoot '../ZImage.psd1')
}

[string] $rowName, [string] $columnName = "$($Down.Keys)", "$($Across.Keys)"
$rows, $columns = @($Down.Values.ForEach{ $_ }), @($Across.Values.ForEach{ $_ })
$folder = (New-Item (Join-Path $OutputFolder 'grid') -ItemType Directory -Force).FullName
# One seed for all, so that the settings are what differs.
$shared = @{ Seed = 1 }
foreach ($name in $Setting.Keys) {
    $shared[$name] = $Setting[$name]
}

$source = if ($ModelFolder) { @{ LiteralPath = $ModelFolder } } else { @{ Demo = $true } }
$model = Import-ZModel @source -Device $Device
try {
    $cells = foreach ($row in $rows) {
        foreach ($column in $columns) {
            $options = $shared.Clone()
            $options[$rowName], $options[$columnName] = $row, $column
            $image = New-ZImage $Prompt -Model $model @options
            $file = $image | Save-ZImage -LiteralPath (Join-Path $folder "$rowName=$row, $columnName=$column.png") -Force -PassThru
            [pscustomobject] @{ $rowName = $row; $columnName = $column; DurationSeconds = $image.DurationSeconds; PixelHash = $image.PixelHash; File = $file.Name; Image = $image }
        }
    }
}
finally {
    Remove-ZModel $model
}

& (Join-Path $PSScriptRoot 'contact-sheet.ps1') -Image $cells.Image -Columns $columns.Count | Save-ZImage -LiteralPath (Join-Path $folder 'grid.png') -Force
$cells = $cells | Select-Object * -ExcludeProperty Image
$cells | Export-Csv -LiteralPath (Join-Path $folder 'grid.csv')

$pictures = $cells | ForEach-Object { "![$($_.File)](<$($_.File)>)" }
@(
    "# $Prompt", ''
    "| $rowName \ $columnName | $($columns -join ' | ') |"
    '| --- ' * ($columns.Count + 1) + '|'
    for ($i = 0; $i -lt $rows.Count; $i++) {
        "| $($rows[$i]) | $($pictures[($i * $columns.Count)..(($i + 1) * $columns.Count - 1)] -join ' | ') |"
    }
) | Set-Content -LiteralPath (Join-Path $folder 'grid.md')
$cells
