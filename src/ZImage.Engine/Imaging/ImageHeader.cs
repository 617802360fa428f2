namespace ZImage.Engine.Imaging;

/// <summary>What an image file says of itself.</summary>
/// <param name="Format">The format its first bytes show, whatever its name.</param>
/// <param name="Width">Pixels per row, upright as its camera meant it.</param>
/// <param name="Height">Rows.</param>
/// <param name="Bytes">Length of the file.</param>
/// <param name="Metadata">Its texts.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height, long Bytes, ImageMetadata Metadata);
