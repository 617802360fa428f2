namespace ZImage.Engine.Imaging.Terminal;

/// <summary>How large a character cell is.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
public readonly record struct CellSize(int Width, int Height)
{
    /// <summary>What half blocks make of a cell: two pixels, one above the other, about as wide as high.</summary>
    public static CellSize HalfBlocks { get; } = new(1, 2);
}

/// <summary>The room that a picture takes in a terminal.</summary>
/// <param name="Columns">Cells across.</param>
/// <param name="Rows">Cells down.</param>
/// <param name="PixelWidth">Width of the picture within them, in pixels.</param>
/// <param name="PixelHeight">Height of the picture within them, in pixels.</param>
public readonly record struct PictureSize(int Columns, int Rows, int PixelWidth, int PixelHeight)
{
    /// <summary>The largest size of the picture's own proportions within limits.</summary>
    /// <param name="width">Width of the picture, in pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="cell">Size of a cell.</param>
    /// <param name="mostColumns">Cells across that there are.</param>
    /// <param name="mostRows">Cells down that there are.</param>
    /// <param name="columns">Cells across that are asked for; null for as many as the picture has pixels for.</param>
    /// <param name="rows">Cells down that are asked for; null likewise.</param>
    public static PictureSize Fit(int width, int height, CellSize cell, int mostColumns, int mostRows, int? columns = null, int? rows = null)
    {
        // A picture is enlarged only for somebody who says how large it shall be.
        double most = columns is null && rows is null ? 1 : double.PositiveInfinity;
        double scale = Math.Min(most, Math.Min(
            (double)Math.Min(columns ?? mostColumns, mostColumns) * cell.Width / width, (double)Math.Min(rows ?? mostRows, mostRows) * cell.Height / height));
        int pixelWidth = Math.Max(1, (int)Math.Round(width * scale)), pixelHeight = Math.Max(1, (int)Math.Round(height * scale));
        return new PictureSize(Cells(pixelWidth, cell.Width), Cells(pixelHeight, cell.Height), pixelWidth, pixelHeight);
    }

    private static int Cells(int pixels, int cell) => (pixels + cell - 1) / cell;
}
