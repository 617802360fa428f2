using ZImage.Engine.Imaging;

namespace ZImage.PowerShell.Errors;

/// <summary>The extension of a path stands for another format than the one asked for. ErrorId <c>ImageFormatMismatch</c>.</summary>
public sealed class ImageFormatMismatchException(string path, string extension, ImageFormat format)
    : ZImageException("ImageFormatMismatch", $"The path '{path}' ends in '{extension}', and the format {format} was asked for.",
        "Leave -Format out, or give a path with a fitting extension or none.", path);
