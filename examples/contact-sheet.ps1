<#
.SYNOPSIS
    Puts images of one size side by side on a sheet, row by row.
.DESCRIPTION
    The sheet can be piped to Save-ZImage.
.PARAMETER Image
    Images of New-ZImage.
.PARAMETER Columns
    Images in a row.
.PARAMETER Gap
    White pixels around each image.
.EXAMPLE
    $images = 'a cat', 'a dog' | New-ZImage
    ./examples/contact-sheet.ps1 $images | Save-ZImage sheet.png
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory, Position = 0)]
    [object[]] $Image,

    [ValidateRange(1, 100)]
    [int] $Columns = 4,

    [ValidateRange(0, 100)]
    [int] $Gap = 4
)

$ErrorActionPreference = 'Stop'
$width, $height = $Image[0].Width, $Image[0].Height
foreach ($one in $Image) {
    if ($one.Width -ne $width -or $one.Height -ne $height) {
        throw "The images have several sizes: ${width}x$height, $($one.Width)x$($one.Height)."
    }
}

$Columns = [Math]::Min($Columns, $Image.Count)
$rows = [int] [Math]::Ceiling($Image.Count / $Columns)
$sheetWidth = $Columns * ($width + $Gap) + $Gap
$sheetHeight = $rows * ($height + $Gap) + $Gap
$rgb = [byte[]]::new($sheetWidth * $sheetHeight * 3)
[Array]::Fill($rgb, [byte] 255)

for ($i = 0; $i -lt $Image.Count; $i++) {
    $left = ($i % $Columns) * ($width + $Gap) + $Gap
    $top = [Math]::Floor($i / $Columns) * ($height + $Gap) + $Gap
    $pixels = $Image[$i].Pixels.Rgb
    for ($y = 0; $y -lt $height; $y++) {
        [Array]::Copy($pixels, $y * $width * 3, $rgb, (($top + $y) * $sheetWidth + $left) * 3, $width * 3)
    }
}

$Image[0].Pixels.GetType()::new($sheetWidth, $sheetHeight, $rgb)
