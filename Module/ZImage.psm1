# Loads the cmdlets from bin/ into a load context of their own, so that their dependencies meet no other module's.
$bin = [IO.Path]::Combine($PSScriptRoot, 'bin')
$cmdlets = [IO.Path]::Combine($bin, 'ZImage.PowerShell.dll')

if ([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -ne 'X64') {
    throw [PlatformNotSupportedException]::new(
        "ZImage runs in 64-bit x86 PowerShell; this process is $([Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture). Start the x64 edition of PowerShell.")
}

if (-not [IO.File]::Exists($cmdlets)) {
    throw [IO.FileNotFoundException]::new("'$cmdlets' does not exist: ZImage is not built yet. Run ./build.ps1 (or ./build.sh) in the repository.", $cmdlets)
}

if (-not ('ZImage.Loader.ModuleLoadContext' -as [type])) {
    [void] [Reflection.Assembly]::LoadFrom([IO.Path]::Combine($bin, 'ZImage.Loader.dll'))
}

$nested = @(
    Import-Module -Assembly ([ZImage.Loader.ModuleLoadContext]::LoadCmdlets($cmdlets)) -PassThru
    Import-Module -Name ([WildcardPattern]::Escape([IO.Path]::Combine($PSScriptRoot, 'ZImage.types.psd1'))) -PassThru
)

# A nested assembly that stays behind would hand its cmdlets to nobody at the next import.
$ExecutionContext.SessionState.Module.OnRemove = { Remove-Module -ModuleInfo $nested -Force }
