# Imported by ZImage.psm1. Types that ZImage.psd1 names would be loaded before that script runs, and where another copy of ZImage is loaded
# PowerShell would end there, at members that exist already, with no word about why.
@{
    ModuleVersion     = '1.0'
    Description       = 'The properties that ZImage''s results show by default.'
    TypesToProcess    = @('ZImage.types.ps1xml')
    FunctionsToExport = @()
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
