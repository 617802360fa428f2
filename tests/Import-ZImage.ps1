# Imports the module that the tests are about: the manifest in ZIMAGE_TEST_MODULE; else the package that ./build.ps1 pack has laid out, unless
# something was built or written since; else what is built. Every test file calls this before anything else.
$build = "$PSScriptRoot/.."
$module = $env:ZIMAGE_TEST_MODULE
if (-not $module) {
    $packed = Get-Item "$build/artifacts/package/ZImage/*/SHA256SUMS" -ErrorAction Ignore
    $sources = Get-ChildItem "$build/ZImage.psd1", "$build/Module/*.ps*1*", "$build/Module/bin/*" -File
    $module = $packed -and -not ($sources | Where-Object LastWriteTime -GT $packed.LastWriteTime) ? "$($packed.DirectoryName)/ZImage.psd1" : "$build/ZImage.psd1"
}
Import-Module ([WildcardPattern]::Escape($module))
