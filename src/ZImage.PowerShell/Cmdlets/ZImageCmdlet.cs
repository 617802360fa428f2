using System.Management.Automation;
using ZImage.PowerShell.Errors;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>What all cmdlets share: how faults are reported and how paths are found.</summary>
public abstract class ZImageCmdlet : PSCmdlet
{
    private const string FileSystemProvider = "FileSystem";

    /// <summary>Works on one input. A fault of it is reported, and the pipeline goes on; a fault that every further input would meet ends it.</summary>
    private protected void Report(Action work)
    {
        try
        {
            work();
        }
        catch (ZImageException fault)
        {
            if (fault.EndsSession || fault is NoModelException)
                ThrowTerminatingError(FaultRecord.Create(fault));
            WriteError(FaultRecord.Create(fault));
        }
    }

    /// <summary>Works on files one by one; each path, and each file that a pattern matches, has faults of its own.</summary>
    /// <param name="patterns">Paths in which wildcards count.</param>
    /// <param name="literalPaths">Paths as they are written.</param>
    /// <param name="work">Gets a full path; nobody has looked whether it exists.</param>
    private protected void ReportFiles(IEnumerable<string> patterns, IEnumerable<string> literalPaths, Action<string> work)
    {
        foreach (string pattern in patterns)
        {
            Report(() =>
            {
                foreach (string file in ResolveFiles(pattern))
                    Report(() => work(file));
            });
        }
        foreach (string path in literalPaths)
            Report(() => work(ResolveFile(path)));
    }

    /// <summary>The full path of a file or folder that need not exist; wildcard characters stand for themselves.</summary>
    /// <exception cref="PathInvalidException">The drive or provider does not exist.</exception>
    /// <exception cref="PathNotFileSystemException">The path is not one of the file system.</exception>
    private protected string ResolveFile(string path)
    {
        string full;
        ProviderInfo provider;
        try
        {
            full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out provider, out _);
        }
        catch (Exception e) when (e is ItemNotFoundException or SessionStateException or PSArgumentException or NotSupportedException)
        {
            throw new PathInvalidException(path, e.Message, e);
        }
        return provider.Name == FileSystemProvider ? full : throw new PathNotFileSystemException(path, provider.Name);
    }

    /// <summary>The full paths that a pattern matches; a path without wildcards is itself, whether it exists or not.</summary>
    /// <exception cref="PathInvalidException">Nothing matches, or the drive or provider does not exist.</exception>
    /// <exception cref="PathNotFileSystemException">The path is not one of the file system.</exception>
    private protected IReadOnlyList<string> ResolveFiles(string pattern)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(pattern))
            return [ResolveFile(WildcardPattern.Unescape(pattern))];
        try
        {
            IReadOnlyList<string> found = SessionState.Path.GetResolvedProviderPathFromPSPath(pattern, out ProviderInfo provider);
            if (provider.Name != FileSystemProvider)
                throw new PathNotFileSystemException(pattern, provider.Name);
            return found.Count > 0 ? found : throw new PathInvalidException(pattern, "Nothing matches it.");
        }
        catch (Exception e) when (e is ItemNotFoundException or SessionStateException or PSArgumentException or NotSupportedException)
        {
            throw new PathInvalidException(pattern, e.Message, e);
        }
    }
}
