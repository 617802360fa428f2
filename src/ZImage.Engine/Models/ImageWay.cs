using ZImage.Engine.Memory;

namespace ZImage.Engine.Models;

/// <summary>How an image passes through the autoencoder.</summary>
public enum ImageMethod
{
    /// <summary>Every activation rests on the device.</summary>
    Whole,

    /// <summary>Large activations rest in host memory, and rows of them come to the device. The same pixels.</summary>
    Strips,

    /// <summary>In tiles that overlap and are blended. Norms and attention see one tile at a time, which changes the picture a little.</summary>
    Tiles,
}

/// <summary>
/// A way of an image through the autoencoder, chosen by what fits. <see cref="ImageMethod.Whole"/> and <see cref="ImageMethod.Strips"/> give the same
/// pixels, bit for bit: only where activations rest differs.
/// </summary>
public sealed record ImageWay
{
    // In pixels. Smaller tiles see too little of the picture.
    private static readonly int[] s_usualTiles = [1024, 768, 512, 384, 256, 192, 128, 96, 64];
    private const int UsualTile = 512;

    private ImageWay(ImageMethod method, long mostOnDevice)
    {
        Method = method;
        MostOnDevice = mostOnDevice;
    }

    /// <summary>All on the device, in one piece.</summary>
    public static ImageWay Whole { get; } = new(ImageMethod.Whole, long.MaxValue);

    public ImageMethod Method { get; }

    /// <summary>Most bytes of an activation that rests on the device.</summary>
    public long MostOnDevice { get; }

    /// <summary>Width and height of a tile in pixels; 0 without tiles.</summary>
    public int TileSize { get; private init; }

    /// <summary>Share of a tile that overlaps the next at least.</summary>
    public float Overlap { get; private init; }

    /// <summary>How often every block is gone through: the number of tiles, or 1.</summary>
    public int Passes { get; private init; } = 1;

    /// <summary>Activations larger than so many bytes rest in host memory.</summary>
    public static ImageWay Strips(long mostOnDevice) => new(ImageMethod.Strips, mostOnDevice);

    /// <summary>Tiles of a size in pixels, for an image of a size in latent pixels of <paramref name="scale"/> pixels.</summary>
    internal static ImageWay Tiles(int width, int height, int scale, int tileSize, float overlap) => new(ImageMethod.Tiles, long.MaxValue)
    {
        TileSize = tileSize,
        Overlap = overlap,
        Passes = TileAxis.Count(width, tileSize / scale, overlap) * TileAxis.Count(height, tileSize / scale, overlap),
    };

    /// <summary>The same way for an image of another size; one that is not larger than a tile is decoded in one piece.</summary>
    /// <param name="width">Its width in latent pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="scale">Pixels of a latent pixel along an axis.</param>
    internal ImageWay For(int width, int height, int scale)
        => Method != ImageMethod.Tiles ? this : Math.Max(width, height) * scale <= TileSize ? Whole : Tiles(width, height, scale, TileSize, Overlap);

    /// <summary>All ways that are allowed, the fastest first and the one that takes least memory last.</summary>
    /// <param name="width">Width of the image in latent pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="scale">Pixels of a latent pixel along an axis.</param>
    /// <param name="activations">Bytes of every activation of the whole image.</param>
    /// <param name="tiling">Which kinds are allowed.</param>
    /// <param name="tileSize">Size of the tiles in pixels; null for the usual sizes.</param>
    /// <param name="overlap">Share of a tile that overlaps the next, 0 to 0.5.</param>
    internal static IReadOnlyList<ImageWay> All(int width, int height, int scale, IEnumerable<long> activations, VaeTiling tiling, int? tileSize, float overlap)
    {
        int largest = Math.Max(width, height) * scale;
        int first = tileSize ?? UsualTile;
        IEnumerable<ImageWay> tiles = TileSizes().Where(size => size < largest).Select(size => Tiles(width, height, scale, size, overlap));
        if (tiling == VaeTiling.On && first < largest)
            return [.. tiles];
        long[] sizes = [.. activations.Distinct().OrderDescending()];
        // The largest that stays: the next smaller activation, down to none.
        IEnumerable<ImageWay> strips = sizes.Skip(1).Append(0).Select(Strips);
        return [Whole, .. strips, .. tiling == VaeTiling.Auto ? tiles : []];

        IEnumerable<int> TileSizes() => tileSize is { } own ? [own]
            : tiling == VaeTiling.On ? s_usualTiles.Where(size => size <= UsualTile) : s_usualTiles;
    }

    /// <summary>For messages: <c>whole</c>, <c>in strips</c>, <c>in 9 tiles of 512</c>.</summary>
    public override string ToString() => Method switch
    {
        ImageMethod.Whole => "whole",
        ImageMethod.Strips => MostOnDevice == 0 ? "in strips" : $"in strips above {ByteSize.Text(MostOnDevice)}",
        _ => $"in {Passes} tiles of {TileSize}",
    };
}
