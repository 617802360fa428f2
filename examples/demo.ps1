<#
.SYNOPSIS
    Draws a cat and a contact sheet with the demo model, and says where the files are.
.DESCRIPTION
    The demo model comes with ZImage: it draws simple subjects in plain colours at 128x128, on any machine.
.PARAMETER OutputFolder
    Where the pictures go; examples/out when left out.
.PARAMETER Device
    Where to compute, for example CPU or Vulkan0; see Get-ZDevice.
.EXAMPLE
    ./examples/demo.ps1 -OutputFolder ~/pictures
#>
[CmdletBinding()]
param(
    [string] $OutputFolder = [IO.Path]::Combine($PSScriptRoot, 'out'),
    [string] $Device = 'CPU'
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module ZImage)) {
    Import-Module ([IO.Path]::GetFullPath('../ZImage.psd1', $PSScriptRoot))
}

$prompts = @(
    'a red cat on a blue background', 'a yellow star on a black background', 'a green tree on a white background', 'a blue fish on a yellow background'
    'an orange fish on a white background', 'a purple flower on a black background', 'a white boat on a blue background', 'a red car on a yellow background'
    'a yellow house on a blue background', 'a pink cat on a white background', 'a white flower on a blue background', 'a red star on a yellow background'
)

$model = Import-ZModel -Demo -Name 'demo.ps1' -Device $Device
try {
    # The pipeline in one line: a prompt, the picture, the file.
    $cat = 'a cat' | New-ZImage -Model $model -Seed 42 | Save-ZImage -Path ([IO.Path]::Combine($OutputFolder, 'cat.png')) -Force -PassThru
    "Drew 'a cat': $($cat.FullName)"

    $images = @($prompts | New-ZImage -Model $model -Seed 1)
    $sheet = & ([IO.Path]::Combine($PSScriptRoot, 'contact-sheet.ps1')) -Image $images -Columns 4 |
        Save-ZImage -Path ([IO.Path]::Combine($OutputFolder, 'contact-sheet.png')) -Force -PassThru
    "Drew $($images.Count) prompts on a contact sheet: $($sheet.FullName)"
}
finally {
    Remove-ZModel $model
}
