namespace ZImage.PowerShell.Errors;

/// <summary>The system did not open an image file in a viewer. ErrorId <c>ViewerNotStarted</c>.</summary>
public sealed class ViewerNotStartedException(string path, string reason, Exception inner)
    : ZImageException("ViewerNotStarted", $"The image '{path}' was not opened in a viewer: {reason}",
        "Install a program that shows images and make it the one that opens such files, or leave -Viewer out to draw in the terminal.", path, inner);
