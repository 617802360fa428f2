namespace ZImage.Engine.Models;

/// <summary>Tiles of a picture that is decoded piece by piece: they make another picture than decoding it whole, though one that is close.</summary>
/// <param name="Size">Width and height of a tile in pixels, a multiple of 16.</param>
/// <param name="Overlap">Share of a tile that overlaps the next at least, 0 to 0.5.</param>
public sealed record ImageTiles(int Size, float Overlap)
{
    public override string ToString() => FormattableString.Invariant($"tiles of {Size} that overlap by {Overlap:0.###}");
}
