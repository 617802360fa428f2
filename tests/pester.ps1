# Runs tests/*.Tests.ps1 and writes down how many passed, failed and were skipped, in this order.
#   pwsh -NoProfile -File tests/pester.ps1 PESTER MODULE REPORT      (the manifests of Pester and of the module that is tested, and a file)
param([string] $Pester, [string] $Module, [string] $Report)

$ErrorActionPreference = 'Stop'
$env:ZIMAGE_TEST_MODULE = $Module
Import-Module ([WildcardPattern]::Escape($Pester))
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$result = Invoke-Pester -Configuration $configuration
$result.Skipped | ForEach-Object { "[SKIP] $($_.ExpandedPath): $($_.ErrorRecord)" }
# A file that cannot even be read has no failed test.
$errors = @($result.Containers | Where-Object Result -eq 'Failed' | Where-Object FailedCount -eq 0).Count
[IO.File]::WriteAllText($Report, "$($result.PassedCount) $($result.FailedCount + $errors) $($result.SkippedCount)")
