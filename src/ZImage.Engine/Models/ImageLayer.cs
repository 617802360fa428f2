using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>Where the result of a pass lies.</summary>
internal enum ResultPlace
{
    /// <summary>In the other of two slots.</summary>
    OtherSlot,

    /// <summary>Where the image lies that it is computed from.</summary>
    OverImage,

    /// <summary>Where the residual stream lies: the image that the pass before was computed from.</summary>
    OverStream,
}

/// <summary>
/// What an image model computes between two group norms: a norm by statistics of the whole image, and then what can be computed in strips.
/// </summary>
/// <param name="norm">The norm of the image; none where it is used as it is.</param>
/// <param name="reach">Which pixels of the image a pixel of the result comes from.</param>
/// <param name="outputs">Channels of the result.</param>
internal abstract class ImageLayer(GroupNormalization? norm, KernelReach reach, int outputs)
{
    public GroupNormalization? Norm { get; } = norm;

    public KernelReach Reach { get; } = reach;

    public virtual ResultPlace Place => ResultPlace.OtherSlot;

    /// <summary>Whether the image is one strip, because every pixel of the result comes from all of it.</summary>
    public bool IsWhole => Place == ResultPlace.OverImage;

    public ImageShape Result(ImageShape image) => new(Reach.Results(image.Width), Reach.Results(image.Height), outputs);

    /// <summary>About the bytes of temporaries for one row of the result.</summary>
    public abstract long RowBytes(ImageShape image);

    /// <summary>Most operations of a strip, views included.</summary>
    public virtual int Nodes(ImageShape image) => 64;

    /// <summary>The kernel that is made anew when the layer is computed; null where none is.</summary>
    public virtual FilterKernel? Filter => null;

    /// <summary>Adds a strip's operations to its graph.</summary>
    public abstract void Build(StripGraph strip);
}

/// <summary>conv(silu(norm(x))), or conv(x) without a norm.</summary>
internal sealed class ConvolutionLayer(GroupNormalization? norm, Convolution convolution, bool isWide = true) : ImageLayer(norm, convolution.Reach, convolution.Outputs)
{
    public override FilterKernel? Filter => convolution.Filter;

    public override long RowBytes(ImageShape image) => convolution.RowBytes(image.Width);

    public override int Nodes(ImageShape image) => base.Nodes(image) + convolution.Nodes;

    // Without a norm the values may be large, unless they come from outside.
    public override void Build(StripGraph strip)
    {
        Context c = strip.Context;
        float factor = Norm is null && isWide ? convolution.FactorFor(strip.Backend) : 1;
        Tensor x = Norm is null ? HalfRange.Scale(c, strip.Plain(strip.Image), factor) : c.Silu(strip.Normed());
        strip.Write(convolution.Build(c, x, strip.Rows, strip.KernelOf(convolution), factor, strip.IsDirect));
    }
}

/// <summary>The second half of a residual block: stream + conv(silu(norm(x))); the stream has a 1x1 convolution where the width changes.</summary>
internal sealed class ResidualLayer(GroupNormalization norm, Convolution convolution, Convolution? shortcut) : ImageLayer(norm, convolution.Reach, convolution.Outputs)
{
    public override ResultPlace Place => ResultPlace.OverStream;

    public override FilterKernel? Filter => convolution.Filter;

    public override long RowBytes(ImageShape image) => convolution.RowBytes(image.Width);

    public override int Nodes(ImageShape image) => base.Nodes(image) + convolution.Nodes + (shortcut?.Nodes ?? 0);

    public override void Build(StripGraph strip)
    {
        Context c = strip.Context;
        Tensor h = convolution.Build(c, c.Silu(strip.Normed()), strip.Rows, strip.KernelOf(convolution), isDirect: strip.IsDirect);
        if (shortcut is null)
        {
            strip.Write(c.Add(h, strip.Stream));
            return;
        }
        float factor = shortcut.FactorFor(strip.Backend);
        RowWindow same = shortcut.Reach.Rows(0, strip.Strip.Count, strip.Strip.Count);
        strip.Write(c.Add(h, shortcut.Build(c, HalfRange.Scale(c, strip.Plain(strip.Stream), factor), same, strip.KernelOf(shortcut), factor)));
    }
}

/// <summary>x + out(attention(norm(x))), one head over all pixels, in pieces of the queries.</summary>
internal sealed class PixelAttentionLayer(GroupNormalization norm, Convolution q, Convolution k, Convolution v, Convolution output)
    : ImageLayer(norm, output.Reach, output.Outputs)
{
    private const long MaxScoreBytes = 32L << 20;
    private const int NodesOfPiece = 24;

    public override ResultPlace Place => ResultPlace.OverImage;

    public override long RowBytes(ImageShape image) => image.Bytes;

    public override int Nodes(ImageShape image)
    {
        long pixels = (long)image.Width * image.Height, piece = Piece(pixels);
        return base.Nodes(image) + NodesOfPiece * (int)((pixels + piece - 1) / piece);
    }

    // Scores of images with large values do not fit F16, and sums over all pixels lose too much in it.
    public override void Build(StripGraph strip)
    {
        Context c = strip.Context;
        long channels = output.Outputs, pixels = strip.Image.Elements / channels, piece = Piece(pixels);
        GgmlType type = q.Type == GgmlType.F16 && k.Type == GgmlType.F16 && v.Type == GgmlType.F16 ? GgmlType.F16 : GgmlType.F32;
        float factor = output.FactorFor(strip.Backend);
        Tensor columns = strip.Layout.Columns(c, strip.Normed(), type);
        Tensor keys = k.BuildColumns(c, columns);
        Tensor values = HalfRange.Scale(c, v.BuildPlanes(c, columns), factor);
        for (long first = 0; first < pixels; first += piece)
        {
            long count = Math.Min(piece, pixels - first);
            Tensor queries = q.BuildColumns(c, c.Rows(columns, first, count));
            Tensor scores = c.SoftMax(c.MulMat(keys, queries), default, 1 / MathF.Sqrt(channels));
            Tensor mixed = strip.Layout.Project(c, output, c.MulMat(values, scores), factor);
            strip.WritePixels(c.Add(mixed, strip.Layout.Pixels(c, strip.Image, first, count)), first, count);
        }
    }

    private static long Piece(long pixels) => Math.Clamp(MaxScoreBytes / (sizeof(float) * pixels), 1, pixels);
}
