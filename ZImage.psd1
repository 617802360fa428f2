@{
    RootModule           = 'Module/ZImage.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = 'c75ca26d-cd40-47b8-bf89-e802ca1f6ea5'
    Author               = 'ZImage developers'
    CompanyName          = 'ZImage developers'
    Copyright            = '(c) ZImage developers. MIT licence.'
    Description          = 'Draws pictures from text with the Z-Image model, on CPU, CUDA or Vulkan, in a PowerShell pipeline.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('Module/ZImage.format.ps1xml')
    CmdletsToExport      = @(
        'Clear-ZCache'
        'Export-ZReport'
        'Get-ZDevice'
        'Get-ZImageInfo'
        'Get-ZMemoryPlan'
        'Get-ZModel'
        'Import-ZModel'
        'Measure-ZGeneration'
        'New-ZImage'
        'Remove-ZModel'
        'Save-ZImage'
        'Save-ZModelFile'
        'Set-ZOffload'
        'Show-ZImage'
        'Test-ZImageReproduction'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags         = @('PSEdition_Core', 'Windows', 'Linux', 'ZImage', 'TextToImage', 'Diffusion', 'GGUF', 'ggml', 'AI')
            ReleaseNotes = 'See CHANGELOG.md.'
        }
    }
}
