namespace ZImage.Engine.Imaging;

/// <summary>The computation gave no picture. ErrorId <c>DegenerateImage</c>.</summary>
public sealed class DegenerateImageException(int width, int height, string reason)
    : ZImageException("DegenerateImage", $"The decoded image of {width}x{height} is not a picture: {reason}.",
        "Try another size or other model files (F32 or BF16 instead of F16), or another device; if it stays, report it with the settings.",
        $"{width}x{height}")
{
    public string Reason { get; } = reason;
}

/// <summary>A file name asks for a format that cannot be written or read. ErrorId <c>UnsupportedImageFormat</c>.</summary>
public sealed class UnsupportedImageFormatException(string path, string supported)
    : ZImageException("UnsupportedImageFormat", $"The name '{path}' {Describe(Path.GetExtension(path))}.",
        $"Use one of the supported extensions: {supported}.", path)
{
    /// <summary>The extensions that are supported, separated by commas.</summary>
    public string Supported { get; } = supported;

    private static string Describe(string extension)
        => extension.Length > 0
            ? $"has the extension '{extension}', which is no supported image format"
            : "has no extension, so its image format is unknown";
}

/// <summary>A file would have been overwritten. ErrorId <c>ImageFileExists</c>.</summary>
public sealed class ImageFileExistsException(string path)
    : ZImageException("ImageFileExists", $"The file '{path}' exists already.",
        "Choose another name (a template with {seed} or {index} gives each image its own), or use -Force to overwrite it.", path);

/// <summary>The folder for an image is not there. ErrorId <c>ImageFolderMissing</c>.</summary>
public sealed class ImageFolderMissingException(string folder)
    : ZImageException("ImageFolderMissing", $"The folder '{folder}' does not exist.", "Create it, or choose another one.", folder);

/// <summary>A format cannot hold an image or its texts. ErrorId <c>ImageNotEncoded</c>.</summary>
public sealed class ImageNotEncodedException(int width, int height, ImageFormat format, string reason)
    : ZImageException("ImageNotEncoded", $"The image of {width}x{height} cannot be saved as {format}: {reason}.",
        "Save it as PNG.", $"{width}x{height}");

/// <summary>The system did not let an image file be written. ErrorId <c>ImageFileNotWritten</c>.</summary>
public sealed class ImageFileNotWrittenException(string path, string reason, Exception? inner = null)
    : ZImageException("ImageFileNotWritten", $"The image '{path}' was not written: {reason}",
        "Check the name, the free space, the permissions of the folder, and that no other program holds the file open; no part of a file was left there.", path, inner);

/// <summary>There is no image file at the path. ErrorId <c>ImageFileNotFound</c>.</summary>
public sealed class ImageFileNotFoundException(string path)
    : ZImageException("ImageFileNotFound", $"The image file '{path}' cannot be found.",
        "Check the path; a relative path starts at the current folder.", path);

/// <summary>A file cannot be read, or is no image that can be decoded. ErrorId <c>ImageFileUnreadable</c>.</summary>
public sealed class ImageFileUnreadableException(string path, string reason, Exception? inner = null)
    : ZImageException("ImageFileUnreadable", $"The image file '{path}' cannot be read: {reason}",
        "Use a complete PNG, JPEG or WebP file.", path, inner);

/// <summary>A file-name template has a mistake. ErrorId <c>FileNameTemplateInvalid</c>.</summary>
public sealed class FileNameTemplateInvalidException(string template, string reason)
    : ZImageException("FileNameTemplateInvalid", $"The file-name template '{template}' cannot be used: {reason}.",
        $"Known fields: {FileNameTemplate.KnownFieldsText}. A format may follow a colon, as in {{index:000}}; write {{{{ and }}}} for braces in the name.",
        template);
