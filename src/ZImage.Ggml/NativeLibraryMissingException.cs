using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>A native library, or a library it needs, cannot be loaded. ErrorId <c>NativeLibraryMissing</c>.</summary>
public sealed class NativeLibraryMissingException : ZImageException
{
    internal NativeLibraryMissingException(string missing, string path, string reason, Exception? inner = null)
        : base("NativeLibraryMissing", $"The native library '{missing}' is missing (needed to load '{path}'): {reason}", MissingDependency.Advice(missing), path, inner)
        => Missing = missing;

    /// <summary>File name of the library that is missing.</summary>
    public string Missing { get; }
}
