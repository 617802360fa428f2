namespace ZImage.PowerShell.Errors;

/// <summary>A path leads to something other than files. ErrorId <c>PathNotFileSystem</c>.</summary>
public sealed class PathNotFileSystemException(string path, string provider)
    : ZImageException("PathNotFileSystem", $"The path '{path}' belongs to the provider {provider}; ZImage reads and writes files.",
        "Give a path of the file system, such as ./pictures/cat.png.", path);

/// <summary>A path cannot be understood: its drive or provider does not exist. ErrorId <c>PathInvalid</c>.</summary>
public sealed class PathInvalidException(string path, string reason, Exception? inner = null)
    : ZImageException("PathInvalid", $"The path '{path}' cannot be used: {reason}", "Give a path whose drive exists (see Get-PSDrive), or a pattern that matches something.", path, inner);
