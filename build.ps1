#requires -Version 7.6
<#
.SYNOPSIS
    Builds ZImage, draws the demo, runs the tests, measures.
.DESCRIPTION
    build  publishes the cmdlets into Module/bin and stages the prebuilt ggml libraries into Module/native
    demo   builds, then runs examples/demo.ps1, which draws into examples/out
    test   builds, then runs every xunit test, on Linux with Wine once more as a program for Windows, and every Pester test
           on the module as it ships
    bench  builds, then measures whole generations and the small parts of one; tests/ZImage.Bench/README.md explains the figures
    pack   builds, then makes in artifacts/package what is published: the module's folder and the gallery's package, for
           Windows (CPU, Vulkan, CUDA) and Linux (CPU, Vulkan), and a zip for each system with all of its backends
    clean  removes all that the other tasks made; packages that npm fetched stay in native
    Needs PowerShell 7.6, the .NET SDK and Node.js. Where pwsh is not installed, ./build.sh makes one first.
.PARAMETER Task
    What to do.
.PARAMETER Configuration
    Release or Debug.
.PARAMETER Backend
    Which ggml backends to stage: Cpu; Vulkan, beside the CPU; Cuda (on Linux 140 MB more to fetch), beside both; Auto,
    which is Vulkan, and Cuda where an NVIDIA driver is. With pack, Auto is Cuda, and the others leave backends out.
.PARAMETER Size
    Of bench: the models of random weights that draw, tiny, small or full (10 GB), one or several; small when left out.
.PARAMETER Device
    Of bench: where to compute, CPU, CUDA0, Vulkan0, ..., one or several; every device when left out.
.PARAMETER ModelFolder
    Of bench: the files of a model of that size, in place of random weights.
.PARAMETER CompareWith
    Of bench: paths of sd-cli, the program of stable-diffusion.cpp, which then draws in turn with ZImage on the same files.
.PARAMETER Profile
    Of bench: also times each operation of text encoder, step and decoding.
.PARAMETER Repeat
    Of bench: runs of each program, 3 when left out.
.PARAMETER Pixels
    Of bench: width and height of the picture, 256 when left out, or 1024 for full on a card.
.PARAMETER Steps
    Of bench: its steps, 9 when left out, or 2 for full on the CPU.
.PARAMETER Threads
    Of bench: threads of the CPU, one for each processor when left out.
.PARAMETER Only
    Of bench: Generations or Parts, both when left out.
.EXAMPLE
    ./build.ps1 demo
.EXAMPLE
    ./build.ps1 build -Backend Cuda
.EXAMPLE
    ./build.ps1 bench -Size small -Device CPU -CompareWith ../sd/sd-cli -Profile
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'demo', 'test', 'bench', 'pack', 'clean')]
    [string] $Task = 'build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [ValidateSet('Auto', 'Cpu', 'Vulkan', 'Cuda')]
    [string] $Backend = 'Auto',

    [ValidatePattern('^(tiny|small|full)(,(tiny|small|full))*$')]
    [string[]] $Size,

    [string[]] $Device,

    [string] $ModelFolder,

    [string[]] $CompareWith,

    [switch] $Profile,

    [ValidateRange(1, 1000)]
    [int] $Repeat,

    [ValidateRange(16, 8192)]
    [int] $Pixels,

    [ValidateRange(1, 1000)]
    [int] $Steps,

    [ValidateRange(1, 1024)]
    [int] $Threads,

    [ValidateSet('Generations', 'Parts')]
    [string] $Only
)

$ErrorActionPreference = 'Stop'
$root = $PSScriptRoot
$windows = [OperatingSystem]::IsWindows()
$system = $windows ? 'win-x64' : 'linux-x64'

function Get-RepositoryPath([string] $relative) {
    [IO.Path]::GetFullPath($relative, $root)
}

# Runs a program and ends the build when it fails; what it prints goes on to the caller.
function Invoke-Program([string] $program, [string[]] $arguments) {
    $global:LASTEXITCODE = 0
    & $program @arguments
    if ($LASTEXITCODE -ne 0) {
        throw "$program $($arguments[0]) failed with exit code $LASTEXITCODE."
    }
}

function Get-Program([string] $name, [string] $advice) {
    $command = Get-Command -Name $name -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if (-not $command) {
        throw "$name was not found. $advice"
    }
    $command.Source
}

function Get-DotNet {
    Get-Program 'dotnet' 'Install the .NET 10 SDK and start a new shell.'
}

# The pwsh that runs scripts in a process of their own: this one, unless another program hosts the build.
function Get-Shell {
    $own = [Environment]::ProcessPath
    if ([IO.Path]::GetFileName($own) -in 'pwsh', 'pwsh.exe') { $own } else { Get-Program 'pwsh' 'Start the build from pwsh 7.6.' }
}

# A rename, so that a process that has the old file mapped keeps what it has.
function Copy-Changed([string] $source, [string] $target) {
    $from = [IO.FileInfo]::new($source)
    $to = [IO.FileInfo]::new($target)
    if ($to.Exists -and $to.Length -eq $from.Length -and $to.LastWriteTimeUtc -eq $from.LastWriteTimeUtc) {
        return
    }
    [IO.Directory]::CreateDirectory($to.DirectoryName) | Out-Null
    $new = "$target.new"
    [IO.File]::Copy($source, $new, $true)
    [IO.File]::SetLastWriteTimeUtc($new, $from.LastWriteTimeUtc)
    try {
        [IO.File]::Move($new, $target, $true)
    }
    catch {
        [IO.File]::Delete($new)
        throw "'$target' cannot be replaced: $($_.Exception.InnerException.Message) Close every PowerShell session that has imported ZImage and build again."
    }
}

# Makes $folder hold these files (relative path -> source) and no others.
function Sync-Folder([string] $folder, [Collections.Generic.Dictionary[string, string]] $files) {
    foreach ($name in $files.Keys) {
        Copy-Changed $files[$name] ([IO.Path]::Combine($folder, $name))
    }
    foreach ($path in [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) {
        if (-not $files.ContainsKey([IO.Path]::GetRelativePath($folder, $path))) {
            [IO.File]::Delete($path)
        }
    }
}

# npm ci, unless the packages of this lock file are there already.
function Install-Package([string] $folder, [string[]] $options) {
    $lock = [IO.FileInfo]::new([IO.Path]::Combine($folder, 'package-lock.json'))
    $installed = [IO.FileInfo]::new([IO.Path]::Combine($folder, 'node_modules', '.package-lock.json'))
    if ($installed.Exists -and $installed.LastWriteTimeUtc -ge $lock.LastWriteTimeUtc) {
        return
    }
    "Fetching the packages of $([IO.Path]::GetRelativePath($root, $folder))"
    $npm = Get-Program ($windows ? 'npm.cmd' : 'npm') 'Install Node.js 20 or later and start a new shell.'
    Invoke-Program $npm (@('ci', '--prefix', $folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error') + $options) | Out-Null
}

function Test-NvidiaDriver {
    $handle = [IntPtr]::Zero
    if ([Runtime.InteropServices.NativeLibrary]::TryLoad(($windows ? 'nvcuda.dll' : 'libcuda.so.1'), [ref] $handle)) {
        [Runtime.InteropServices.NativeLibrary]::Free($handle)
        return $true
    }
    [bool] (Get-Command -Name 'nvidia-smi' -CommandType Application -ErrorAction Ignore)
}

# Where the npm packages of a system's libraries are; those of another system than this one lie apart.
function Get-PackageFolder([string] $rid, [string] $place) {
    Get-RepositoryPath ($rid -eq $system ? $place : "artifacts/$($place.Replace('/', '-'))-$rid")
}

# For Windows the CUDA package comes with the others: only it has CPU files that a compiler has optimised (see native/README.md).
function Install-Library([string] $rid, [string[]] $backends) {
    foreach ($place in @('native') + @(if ($rid -eq 'linux-x64' -and 'Cuda' -in $backends) { 'native/cuda' })) {
        $folder = Get-PackageFolder $rid $place
        $options = @()
        if ($rid -ne $system) {
            foreach ($name in 'package.json', 'package-lock.json', '.npmrc') {
                Copy-Changed (Get-RepositoryPath "$place/$name") ([IO.Path]::Combine($folder, $name))
            }
            $options = @('--cpu=x64') + ($rid -eq 'win-x64' ? @('--os=win32') : @('--os=linux', '--libc=glibc'))
        }
        Install-Package $folder $options
    }
}

# The libraries of one system: base and CPU files of one package, and one file of each other backend's.
function Get-Library([string] $rid, [string[]] $backends) {
    $prefix, $suffix = $rid -eq 'win-x64' ? ('', '.dll') : ('lib', '.so')
    $packages = "$(Get-PackageFolder $rid 'native')/node_modules/@node-llama-cpp"
    $main = $rid -eq 'win-x64' ? 'win-x64-cuda' : $rid
    $sources = @("$packages/$main/LICENSE", "$packages/$main/bins/$main/${prefix}ggml-base$suffix")
    if ([IO.Directory]::Exists("$packages/$main/bins/$main")) {
        $sources += [IO.Directory]::GetFiles("$packages/$main/bins/$main", "${prefix}ggml-cpu-*$suffix")
    }
    if ('Vulkan' -in $backends) {
        $sources += "$packages/$rid-vulkan/bins/$rid-vulkan/${prefix}ggml-vulkan$suffix"
    }
    if ('Cuda' -in $backends) {
        $cuda = $main -eq "$rid-cuda" ? $packages : "$(Get-PackageFolder $rid 'native/cuda')/node_modules/@node-llama-cpp"
        $sources += "$cuda/$rid-cuda/bins/$rid-cuda/${prefix}ggml-cuda$suffix"
    }
    foreach ($source in $sources) {
        # npm leaves out an optional package that it could not fetch, and says nothing.
        if (-not [IO.File]::Exists($source)) {
            throw "'$source' is missing: npm did not install its package. Delete the folder node_modules in native and in native/cuda, see that the npm registry can be reached, and build again."
        }
        $source
    }
}

# Fetches the libraries of one system and puts them into Module/native/<rid>.
function Copy-Library([string] $rid, [string[]] $backends) {
    Install-Library $rid $backends
    $files = [Collections.Generic.Dictionary[string, string]]::new()
    foreach ($source in Get-Library $rid $backends) {
        $files.Add([IO.Path]::GetFileName($source), $source)
    }
    Sync-Folder (Get-RepositoryPath "Module/native/$rid") $files
}

# The libraries of the system at hand.
function Copy-NativeLibrary {
    if ([Runtime.InteropServices.RuntimeInformation]::OSArchitecture -ne 'X64' -or -not ($windows -or [OperatingSystem]::IsLinux())) {
        throw "There are no ggml libraries for $([Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier): ZImage runs on linux-x64 and win-x64."
    }
    $backends = @()
    if ($Backend -ne 'Cpu') {
        $backends += 'Vulkan'
    }
    # Auto takes away nothing that was asked for before.
    $staged = Get-RepositoryPath ("Module/native/$system/" + ($windows ? 'ggml-cuda.dll' : 'libggml-cuda.so'))
    if ($Backend -eq 'Cuda' -or ($Backend -eq 'Auto' -and ([IO.File]::Exists($staged) -or (Test-NvidiaDriver)))) {
        $backends += 'Cuda'
    }
    Copy-Library $system $backends
}

# A digest of all that Module/bin is built from, so that nothing is compiled twice.
function Get-InputDigest {
    [string[]] $paths = @('Directory.Build.props', 'Directory.Build.targets', 'Directory.Packages.props', 'global.json', 'build.ps1') | ForEach-Object { Get-RepositoryPath $_ }
    foreach ($folder in 'src/ZImage.Ggml', 'src/ZImage.Engine', 'src/ZImage.PowerShell', 'src/ZImage.Loader', 'src/ZImage.Help', 'Module/docs') {
        $paths += [IO.Directory]::GetFiles((Get-RepositoryPath $folder), '*', 'AllDirectories') |
            Where-Object { $_ -notmatch '[\\/](bin|obj)[\\/]' }
    }
    [Array]::Sort($paths, [StringComparer]::Ordinal)
    $text = [Text.StringBuilder]::new($Configuration)
    foreach ($path in $paths) {
        $file = [IO.FileInfo]::new($path)
        $text.Append("`n$path $($file.Length) $($file.LastWriteTimeUtc.Ticks)") | Out-Null
    }
    [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([Text.Encoding]::UTF8.GetBytes($text.ToString())))
}

# The help beside the cmdlets, where Get-Help looks for it: Markdown pages and what the compiler knows of the parameters.
function Publish-Help([string] $published) {
    Invoke-Program (Get-DotNet) @('msbuild', (Get-RepositoryPath 'src/ZImage.Help'), '-restore', "-p:Configuration=$Configuration", '-nologo', '-v:q', '-nodeReuse:false')
    $generator = Get-RepositoryPath "artifacts/bin/ZImage.Help/$($Configuration.ToLowerInvariant())/ZImage.Help.dll"
    Invoke-Program (Get-DotNet) @($generator, (Get-RepositoryPath 'Module/docs/en-US'), "$published/en-US")
}

# The module, with the engine in machine code for some systems too: what the loader takes there, so that a first import has little to compile.
function Publish-Module([string[]] $systems) {
    $bin = Get-RepositoryPath 'Module/bin'
    $stamp = [IO.Path]::Combine($bin, '.inputs')
    $digest = Get-InputDigest
    if ([IO.File]::Exists($stamp)) {
        $done, [string[]] $compiled = [IO.File]::ReadAllLines($stamp)
        if ($done -eq $digest -and -not ($systems | Where-Object { $_ -notin $compiled })) {
            return
        }
    }
    'Building the module'
    $published = Get-RepositoryPath 'artifacts/module'
    if ([IO.Directory]::Exists($published)) {
        [IO.Directory]::Delete($published, $true)
    }
    Invoke-Program (Get-DotNet) @('publish', (Get-RepositoryPath 'src/ZImage.PowerShell'), '-c', $Configuration, '-o', $published, '--nologo', '-v', 'q', '-nodeReuse:false')
    Publish-Help $published
    $files = [Collections.Generic.Dictionary[string, string]]::new()
    foreach ($path in [IO.Directory]::GetFiles($published, '*', 'AllDirectories')) {
        $files.Add([IO.Path]::GetRelativePath($published, $path), $path)
    }
    foreach ($rid in $systems) {
        $compiled = Get-RepositoryPath "artifacts/compiled/$rid"
        Invoke-Program (Get-DotNet) @('publish', (Get-RepositoryPath 'src/ZImage.Engine'), '-c', $Configuration, '-r', $rid, '--self-contained', 'false', '-p:PublishReadyToRun=true', '-o', $compiled, '--nologo', '-v', 'q', '-nodeReuse:false', '-p:RunAnalyzers=false')
        $files.Add([IO.Path]::Combine('runtimes', $rid, 'lib', 'ZImage.Engine.dll'), [IO.Path]::Combine($compiled, 'ZImage.Engine.dll'))
    }
    Sync-Folder $bin $files
    [IO.File]::WriteAllLines($stamp, [string[]] (@($digest) + $systems))
}

function Invoke-Build {
    Copy-NativeLibrary
    Publish-Module $system
}

function Invoke-Demo {
    $manifest = (Get-RepositoryPath 'ZImage.psd1').Replace("'", "''")
    $script = (Get-RepositoryPath 'examples/demo.ps1').Replace("'", "''")
    Invoke-Program (Get-Shell) @('-NoProfile', '-Command', "`$ErrorActionPreference = 'Stop'; Import-Module '$manifest'; & '$script'")
}

# An empty place for the report of a test program.
function New-Report([string] $name) {
    $report = Get-RepositoryPath "artifacts/test-results/$name"
    [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($report)) | Out-Null
    [IO.File]::Delete($report)
    $report
}

# Adds what an xunit program reported to the counts Passed, Failed and Skipped; one that reported nothing broke off.
function Add-XUnitReport([hashtable] $count, [string] $report, [int] $exitCode) {
    if (-not [IO.File]::Exists($report)) {
        "The test program broke off with exit code $exitCode; its tests are not counted."
        $count.Failed++
        return
    }
    $failed = 0
    foreach ($assembly in ([xml] [IO.File]::ReadAllText($report)).assemblies.assembly) {
        $count.Passed += [int] $assembly.passed
        $failed += [int] $assembly.failed + [int] $assembly.errors
        $count.Skipped += [int] $assembly.skipped
    }
    if ($exitCode -ne 0 -and $failed -eq 0) {
        "The test program reported no failed test but ended with exit code $exitCode."
        $failed = 1
    }
    $count.Failed += $failed
}

function Invoke-XUnit([hashtable] $count) {
    Install-Package (Get-RepositoryPath 'tests/tokenizer')
    'Building the tests'
    Invoke-Program (Get-DotNet) @('msbuild', (Get-RepositoryPath 'tests/ZImage.Tests'), '-restore', "-p:Configuration=$Configuration", '-nologo', '-v:q', '-m', '-nodeReuse:false')
    $report = New-Report 'xunit.xml'
    $program = Get-RepositoryPath ("artifacts/bin/ZImage.Tests/$($Configuration.ToLowerInvariant())/ZImage.Tests" + ($windows ? '.exe' : ''))
    & $program -noLogo -noColor -result-xml $report
    Add-XUnitReport $count $report $LASTEXITCODE
}

# Where there is Wine: the same tests as a program for Windows, with the libraries and the module as they are on Windows.
function Invoke-WineTest([hashtable] $count) {
    if ($windows) {
        return
    }
    $wine = @('/usr/lib/wine/wine64') + @(Get-Command -Name 'wine64', 'wine' -CommandType Application -ErrorAction Ignore | ForEach-Object Source) |
        Where-Object { [IO.File]::Exists($_) }
    if (-not $wine) {
        'Tests of the Windows build skipped: Wine is not installed.'
        $count.Skipped++
        return
    }
    'Building the tests for Windows'
    Copy-Library 'win-x64' @('Vulkan')
    $program = Get-RepositoryPath 'artifacts/tests-win-x64'
    # The analyzers have seen these sources in the build for Linux.
    Invoke-Program (Get-DotNet) @('publish', (Get-RepositoryPath 'tests/ZImage.Tests'), '-c', $Configuration, '-r', 'win-x64', '--self-contained', '-o', $program, '--nologo', '-v', 'q', '-nodeReuse:false', '-p:RunAnalyzers=false')
    'Running the tests for Windows under Wine'
    $report = New-Report 'xunit-wine.xml'
    & (Get-RepositoryPath 'tests/wine.sh') @($wine)[0] "$program/ZImage.Tests.exe" -noLogo -noColor -trait- 'System=Any' -result-xml $report
    Add-XUnitReport $count $report $LASTEXITCODE
}

# Runs tests/*.Tests.ps1 in a shell of their own on the module as it ships. Pester comes with the packages of the xunit tests.
function Invoke-PesterTest([hashtable] $count) {
    $library = [IO.Directory]::GetFiles((Get-RepositoryPath "Module/native/$system"))
    $module = & (Get-RepositoryPath 'src/ZImage.Package/pack.ps1') -Library @{ $system = $library } -OutputFolder (Get-RepositoryPath 'artifacts/test-package')
    $report = New-Report 'pester.txt'
    $pester = Get-RepositoryPath "artifacts/bin/ZImage.Tests/$($Configuration.ToLowerInvariant())/Pester/Pester.psd1"
    & (Get-Shell) -NoProfile -File (Get-RepositoryPath 'tests/pester.ps1') $pester "$module/ZImage.psd1" $report
    if (-not [IO.File]::Exists($report)) {
        "The Pester run broke off with exit code $LASTEXITCODE; its tests are not counted."
        $count.Failed++
        return
    }
    $passed, $failed, $skipped = [IO.File]::ReadAllText($report).Split(' ')
    $count.Passed += [int] $passed
    $count.Failed += [int] $failed
    $count.Skipped += [int] $skipped
}

function Invoke-Test {
    $count = @{ Passed = 0; Failed = 0; Skipped = 0 }
    Invoke-XUnit $count
    Invoke-WineTest $count
    Invoke-PesterTest $count
    if ($count.Skipped -gt 0) {
        "$($count.Skipped) skipped, each with its reason above."
    }
    "$($count.Passed) passed, $($count.Failed) failed"
    if ($count.Failed -gt 0 -or $count.Passed -eq 0) {
        exit 1
    }
}

# What is measured is the build; the parameters that are for it alone go on to its script.
function Invoke-Bench([Collections.IDictionary] $given) {
    Install-Package (Get-RepositoryPath 'tests/tokenizer')
    'Building the benchmark'
    Invoke-Program (Get-DotNet) @('msbuild', (Get-RepositoryPath 'tests/ZImage.Bench'), '-restore', "-p:Configuration=$Configuration", '-nologo', '-v:q', '-nodeReuse:false')
    $options = @{}
    foreach ($name in $given.Keys | Where-Object { $_ -notin 'Task', 'Configuration', 'Backend' }) {
        $options[$name] = $given[$name]
    }
    $program = Get-RepositoryPath "artifacts/bin/ZImage.Bench/$($Configuration.ToLowerInvariant())/ZImage.Bench.dll"
    & (Get-RepositoryPath 'tests/ZImage.Bench/bench.ps1') -Program $program -Shell (Get-Shell) @options
}

# Everything that is published. NuGet's limit of 250 MB leaves room for the CUDA library of one system, 130 MB in a package; Windows' it is.
function Invoke-Pack {
    Publish-Module 'linux-x64', 'win-x64'
    $backends = @(if ($Backend -ne 'Cpu') { 'Vulkan' }) + @(if ($Backend -in 'Auto', 'Cuda') { 'Cuda' })
    $library = @{}
    foreach ($rid in 'linux-x64', 'win-x64') {
        Install-Library $rid $backends
        $library[$rid] = @(Get-Library $rid $backends)
    }
    'Packing'
    $folder = Get-RepositoryPath 'artifacts/package'
    if ([IO.Directory]::Exists($folder)) {
        [IO.Directory]::Delete($folder, $true)
    }
    $pack = Get-RepositoryPath 'src/ZImage.Package/pack.ps1'
    $gallery = @{ 'linux-x64' = @(Get-Library 'linux-x64' @($backends -ne 'Cuda')); 'win-x64' = $library['win-x64'] }
    & $pack -Library $gallery -OutputFolder $folder -Format Folder, Nupkg | Out-Null
    foreach ($rid in $library.Keys) {
        & $pack -Library @{ $rid = $library[$rid] } -OutputFolder $folder -Format Zip | Out-Null
    }
    foreach ($path in [IO.Directory]::GetFiles($folder)) {
        $file = [IO.FileInfo]::new($path)
        if ($file.Extension -eq '.nupkg' -and $file.Length -gt 250MB) {
            throw "'$path' has $($file.Length) bytes; NuGet takes no package over 250 MB."
        }
        '{0}: {1:0.0} MB' -f $file.Name, ($file.Length / 1e6)
    }
}

function Remove-BuildOutput {
    $folders = @('Module/bin', 'Module/native', 'artifacts') | ForEach-Object { Get-RepositoryPath $_ }
    foreach ($place in 'src', 'tests') {
        $folders += [IO.Directory]::GetDirectories((Get-RepositoryPath $place)) | ForEach-Object { "$_/bin"; "$_/obj" }
    }
    foreach ($folder in $folders) {
        if ([IO.Directory]::Exists($folder)) {
            [IO.Directory]::Delete($folder, $true)
        }
    }
}

switch ($Task) {
    'build' { Invoke-Build }
    'demo' { Invoke-Build; Invoke-Demo }
    'test' { Invoke-Build; Invoke-Test }
    'bench' { Invoke-Build; Invoke-Bench $PSBoundParameters }
    'pack' { Invoke-Pack }
    'clean' { Remove-BuildOutput }
}
