#requires -Version 7.6
<#
.SYNOPSIS
    Draws with a model as a user does who starts PowerShell for it, and writes one line of JSON: what was measured.
.DESCRIPTION
    bench.ps1 runs this in a process of its own for each run. The first picture is what counts; on a card a second one shows what
    a session takes whose kernels are there.
#>
param(
    [string] $Manifest, [string] $ModelFolder, [string] $Device, [int] $Threads, [int] $Pixels, [int] $Steps
)

$ErrorActionPreference = 'Stop'
$clock = [Diagnostics.Stopwatch]::StartNew()
Import-Module $Manifest
$moduleSeconds = $clock.Elapsed.TotalSeconds
Import-ZModel -LiteralPath $ModelFolder -Device $Device -Threads $Threads | Out-Null
$repeat = $Device -eq 'CPU' ? 1 : 2
$first, $second = Measure-ZGeneration -Prompt 'a cat' -Width $Pixels -Height $Pixels -Steps $Steps -Sampler euler -Scheduler smoothstep -Seed 42 -Rng Cuda -CfgScale 1 -Warmup 0 -Repeat $repeat -Timeout 1:00:00
if ($first.Result -ne 'Success') {
    throw $first.Reason
}
[ordered]@{
    Module = $moduleSeconds
    Load = $first.LoadSeconds
    Text = $first.ConditionSeconds
    Step = $first.SecondsPerStep
    Sample = [Linq.Enumerable]::Sum([double[]] $first.StepSeconds)
    Decode = $first.DecodeSeconds
    Picture = $first.DurationSeconds
    Again = $second.DurationSeconds
    MovedBytes = $first.UploadedBytes
    DeviceBytes = $first.PeakDeviceBytes
    PinnedBytes = $first.PeakHostBytes
    PixelHash = $first.PixelHash
    Environment = $first.Context.Environment
} | ConvertTo-Json -Compress -EnumsAsStrings
