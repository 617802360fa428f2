#requires -Version 7.6
<#
.SYNOPSIS
    Packs a built ZImage: what ships and nothing else.
.DESCRIPTION
    Folder  ZImage/<version>, as it lies in a folder of PSModulePath once it is installed
    Nupkg   ZImage.<version>.nupkg, as a gallery of PowerShell modules takes it
    Zip     ZImage-<version>-<systems>.zip, to be expanded into a folder of PSModulePath
    SHA256SUMS in each holds the digests of its native libraries. The same files make the same archives, byte for byte.
    Writes the paths of what it has made.
.PARAMETER Library
    The systems to pack for, linux-x64 or win-x64 or both, each with the paths of its ggml libraries.
.PARAMETER OutputFolder
    Where the packages are made; those of the same names are replaced.
.PARAMETER Format
    What to make.
.EXAMPLE
    ./src/ZImage.Package/pack.ps1 -Library @{ 'linux-x64' = [IO.Directory]::GetFiles("$PWD/Module/native/linux-x64") } -OutputFolder artifacts/package
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)]
    [hashtable] $Library,

    [Parameter(Mandatory)]
    [string] $OutputFolder,

    [ValidateSet('Folder', 'Nupkg', 'Zip')]
    [string[]] $Format = 'Folder'
)

$ErrorActionPreference = 'Stop'
$root = [IO.Path]::GetFullPath('../..', $PSScriptRoot)
$output = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($OutputFolder)

# What a module for these systems has no use for: sources of the help, symbols, the demo model's story, other systems' libraries.
function Test-Shipped([string] $name) {
    $name -notmatch '^Module/(docs|native)/|^Module/README\.md$|\.pdb$|^Module/bin/\.inputs$|^Module/demo-model/.*(?<!\.gguf)$' -and
    ($name -notmatch '^Module/bin/runtimes/([^/]+)/' -or $Matches[1] -in $Library.Keys)
}

function ConvertTo-Byte([string] $text) {
    , [Text.Encoding]::UTF8.GetBytes($text.ReplaceLineEndings("`n"))
}

# The files of the module: name in the package -> path, or content in bytes.
function Get-ModuleFile {
    $files = [Collections.Generic.SortedDictionary[string, object]]::new([StringComparer]::Ordinal)
    foreach ($name in 'ZImage.psd1', 'LICENSE', 'THIRD-PARTY-NOTICES.txt', 'CHANGELOG.md') {
        $files[$name] = [IO.Path]::Combine($root, $name)
    }
    $files['README.md'] = [IO.Path]::Combine($root, 'Module', 'README.md')
    foreach ($path in [IO.Directory]::GetFiles([IO.Path]::Combine($root, 'Module'), '*', 'AllDirectories')) {
        $name = [IO.Path]::GetRelativePath($root, $path).Replace('\', '/')
        if (Test-Shipped $name) {
            $files[$name] = $path
        }
    }
    foreach ($system in $Library.Keys) {
        foreach ($path in $Library[$system]) {
            $files["Module/native/$system/$([IO.Path]::GetFileName($path))"] = $path
        }
    }
    $sums = foreach ($name in $files.Keys -match '/native/.*\.(so|dll)$') {
        $stream = [IO.File]::OpenRead($files[$name])
        try {
            "$([Convert]::ToHexStringLower([Security.Cryptography.SHA256]::HashData($stream)))  $name`n"
        }
        finally {
            $stream.Dispose()
        }
    }
    $files['SHA256SUMS'] = ConvertTo-Byte (-join $sums)
    $files
}

# The parts that make an archive a package of NuGet's kind.
function Get-PackagePart([hashtable] $manifest, [string] $version, [string[]] $names) {
    $escaped = @{}
    foreach ($key in 'Author', 'Description', 'Copyright') {
        $escaped[$key] = [Security.SecurityElement]::Escape($manifest[$key])
    }
    $commands = $manifest.CmdletsToExport | ForEach-Object { "PSCmdlet_$_", "PSCommand_$_" }
    $tags = @('PSModule') + $manifest.PrivateData.PSData.Tags + @('PSIncludes_Cmdlet') + $commands
    $nuspec = @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>ZImage</id>
    <version>$version</version>
    <authors>$($escaped.Author)</authors>
    <owners>$($escaped.Author)</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <license type="expression">MIT</license>
    <readme>README.md</readme>
    <description>$($escaped.Description)</description>
    <releaseNotes>$([Security.SecurityElement]::Escape($manifest.PrivateData.PSData.ReleaseNotes))</releaseNotes>
    <copyright>$($escaped.Copyright)</copyright>
    <tags>$([Security.SecurityElement]::Escape($tags -join ' '))</tags>
  </metadata>
</package>

"@
    $relations = @'
<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/ZImage.nuspec" Id="R1" />
</Relationships>

'@
    $types = @('<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />')
    $types += $names + 'ZImage.nuspec' | ForEach-Object { [IO.Path]::GetExtension($_).TrimStart('.').ToLowerInvariant() } | Where-Object { $_ } |
        Select-Sorted | ForEach-Object { "<Default Extension=`"$_`" ContentType=`"application/octet-stream`" />" }
    $types += $names | Where-Object { -not [IO.Path]::GetExtension($_) } |
        Select-Sorted | ForEach-Object { "<Override PartName=`"/$_`" ContentType=`"application/octet-stream`" />" }
    $contentTypes = @"
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  $($types -join "`n  ")
</Types>

"@
    @{ 'ZImage.nuspec' = ConvertTo-Byte $nuspec; '_rels/.rels' = ConvertTo-Byte $relations; '[Content_Types].xml' = ConvertTo-Byte $contentTypes }
}

# The same order in every culture.
function Select-Sorted {
    [Collections.Generic.SortedSet[string]]::new([string[]] @($input), [StringComparer]::Ordinal)
}

function Write-Folder([string] $path, [Collections.IDictionary] $files) {
    # Of other versions, too.
    $place = [IO.Path]::GetDirectoryName($path)
    if ([IO.Directory]::Exists($place)) {
        [IO.Directory]::Delete($place, $true)
    }
    foreach ($name in $files.Keys) {
        $target = [IO.Path]::Combine($path, $name)
        [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($target)) | Out-Null
        if ($files[$name] -is [string]) {
            [IO.File]::Copy($files[$name], $target)
        }
        else {
            [IO.File]::WriteAllBytes($target, $files[$name])
        }
    }
    $path
}

# The first time that an archive can hold stands for all times, and the rights of plain files for all rights.
function Write-Archive([string] $path, [string] $prefix, [Collections.IDictionary] $files) {
    [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path)) | Out-Null
    [IO.File]::Delete($path)
    $archive = [IO.Compression.ZipArchive]::new([IO.File]::Create($path), [IO.Compression.ZipArchiveMode]::Create)
    try {
        foreach ($name in $files.Keys) {
            $entry = $archive.CreateEntry("$prefix$name", [IO.Compression.CompressionLevel]::Optimal)
            $entry.LastWriteTime = [DateTimeOffset]::new(1980, 1, 1, 0, 0, 0, [TimeSpan]::Zero)
            $entry.ExternalAttributes = 0x81A40000
            $source = $files[$name] -is [string] ? [IO.File]::OpenRead($files[$name]) : [IO.MemoryStream]::new([byte[]] $files[$name])
            $target = $entry.Open()
            try {
                $source.CopyTo($target)
            }
            finally {
                $target.Dispose()
                $source.Dispose()
            }
        }
    }
    finally {
        $archive.Dispose()
    }
    $path
}

$manifestPath = [IO.Path]::Combine($root, 'ZImage.psd1')
$manifest = [Management.Automation.Language.Parser]::ParseFile($manifestPath, [ref] $null, [ref] $null).Find({ $args[0] -is [Management.Automation.Language.HashtableAst] }, $false).SafeGetValue()
$version = $manifest.ModuleVersion
$files = Get-ModuleFile
switch ($Format) {
    'Folder' {
        Write-Folder ([IO.Path]::Combine($output, 'ZImage', $version)) $files
    }
    'Nupkg' {
        $content = [Collections.Generic.SortedDictionary[string, object]]::new($files, [StringComparer]::Ordinal)
        $parts = Get-PackagePart $manifest $version $files.Keys
        foreach ($name in $parts.Keys) {
            $content[$name] = $parts[$name]
        }
        Write-Archive ([IO.Path]::Combine($output, "ZImage.$version.nupkg")) '' $content
    }
    'Zip' {
        $systems = ($Library.Keys | Select-Sorted) -join '-'
        Write-Archive ([IO.Path]::Combine($output, "ZImage-$version-$systems.zip")) "ZImage/$version/" $files
    }
}
