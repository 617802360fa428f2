namespace ZImage.Engine.Generation;

/// <summary>Width or height cannot be made by the model. ErrorId <c>InvalidImageSize</c>.</summary>
public sealed class InvalidImageSizeException(int width, int height)
    : ZImageException("InvalidImageSize",
        $"The size {width}x{height} is not possible: width and height must be multiples of 16, from 16 to 8192.",
        $"Use {Nearest(width)}x{Nearest(height)}.", $"{width}x{height}")
{
    private static int Nearest(int size) => Math.Clamp((size + 8) / 16 * 16, 16, 8192);
}

/// <summary>A setting is outside what makes sense. ErrorId <c>InvalidSetting</c>.</summary>
public sealed class InvalidSettingException(string setting, object value, string allowed)
    : ZImageException("InvalidSetting", $"{setting} is {FormattableString.Invariant($"{value}")}, and it must be {allowed}.", $"Give {setting} another value: {allowed}.", value);

/// <summary>An image file does not say how its image was drawn. ErrorId <c>ImageWithoutSettings</c>.</summary>
public sealed class ImageWithoutSettingsException(string path, string missing)
    : ZImageException("ImageWithoutSettings", $"The image '{path}' cannot be drawn again: it has {missing}.",
        "Use a file that an image program saved with its settings; programs that send or edit images often remove them.", path);

/// <summary>The session was removed. ErrorId <c>SessionClosed</c>.</summary>
public sealed class SessionClosedException(string name)
    : ZImageException("SessionClosed", $"The model '{name}' was removed.", "Import the model again with Import-ZModel.", name)
{
    public override bool EndsSession => true;
}

/// <summary>The three files do not belong together. ErrorId <c>ComponentsDoNotMatch</c>.</summary>
public sealed class ComponentsDoNotMatchException(string message, string target)
    : ZImageException("ComponentsDoNotMatch", message, "Take the text encoder and the autoencoder that belong to the diffusion model.", target);

/// <summary>A run was stopped. ErrorId <c>Cancelled</c>; the session stays usable.</summary>
public sealed class GenerationCancelledException()
    : ZImageException("Cancelled", "The generation was cancelled.", "Nothing needs to be done: the session is ready for the next image.");
