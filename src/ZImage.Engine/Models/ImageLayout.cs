using System.Runtime.Intrinsics;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>How the values of an image lie in memory, and what follows from it for the operations on them. Chosen for a device, once.</summary>
internal abstract class ImageLayout
{
    /// <summary>The pixels of a channel together, [W, H, C]: what ggml's convolutions take.</summary>
    public static ImageLayout Planar { get; } = new PlanarLayout();

    /// <summary>The channels of a pixel together, [C, W, H]: products along channels need no gathering, and kernels of 3x3 a third of the work.</summary>
    public static ImageLayout Interleaved { get; } = new InterleavedLayout();

    /// <summary>The layout for a device: <see cref="FilterOperation"/> is for CPUs, and for those that have its vectors.</summary>
    public static ImageLayout For(ModelWeights weights)
        => !weights.IsInspected && weights.Backend.Device.Backend == BackendKind.Cpu && Vector256.IsHardwareAccelerated ? Interleaved : Planar;

    /// <summary>Rows that a strip should have a multiple of.</summary>
    public abstract int StripRows { get; }

    /// <summary>Fewest rows of a strip.</summary>
    public abstract int LeastStripRows { get; }

    /// <summary>Bytes from one row of an image to the next.</summary>
    public abstract long RowBytes(ImageShape shape);

    /// <summary>A whole image in a slot that is large enough.</summary>
    public abstract Tensor Whole(Context views, Tensor slot, ImageShape shape);

    /// <summary>So many rows of an image, which lie among its others or alone.</summary>
    public abstract Tensor Rows(Context c, ImageShape shape, int count, bool alone);

    /// <summary>Copies rows of a whole image in host memory to a window that holds them alone.</summary>
    public abstract void Upload(Tensor window, Tensor whole, int first);

    /// <summary>Copies a window that holds rows alone to a whole image in host memory.</summary>
    public abstract void Download(Tensor window, Tensor whole, int first);

    /// <summary>A value for each channel, [C], in a shape that is repeated over an image.</summary>
    public abstract Tensor Broadcast(Context c, Tensor channels);

    /// <summary>Mean and sum of squared distances from it, for each row and channel of an image: a column for each row, or for each channel.</summary>
    public abstract (Tensor Means, Tensor Squares) RowStatistics(Context c, Tensor image);

    /// <summary>Where the notes on some rows lie among those of all rows.</summary>
    public abstract Tensor Notes(Context c, ImageShape shape, int count);

    /// <summary>From the note on a row to that on the next, and from that on a channel to that on the next, in elements.</summary>
    public abstract (int Row, int Channel) NoteStrides(ImageShape shape);

    /// <summary>A convolution of images of this layout.</summary>
    public abstract Convolution Convolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs);

    /// <summary>The pixels of an image as columns [C, W * H] of a type.</summary>
    public abstract Tensor Columns(Context c, Tensor image, GgmlType type);

    /// <summary>Pixels [first, first + count) of an image, all channels, as <see cref="Project"/> gives them.</summary>
    public abstract Tensor Pixels(Context c, Tensor image, long first, long count);

    /// <summary>A 1x1 convolution of columns [IC, count], times a factor, as pixels of this layout.</summary>
    public abstract Tensor Project(Context c, Convolution convolution, Tensor columns, float factor);

    /// <summary>Planar values in this layout.</summary>
    public abstract float[] FromPlanar(float[] values, ImageShape shape);

    /// <summary>Values of this layout as planar ones.</summary>
    public abstract float[] ToPlanar(float[] values, ImageShape shape);

    private sealed class PlanarLayout : ImageLayout
    {
        // Products of a number of pixels that is a multiple of 4 are the fastest.
        public override int StripRows => 4;

        public override int LeastStripRows => 1;

        public override long RowBytes(ImageShape shape) => shape.RowBytes;

        public override Tensor Whole(Context views, Tensor slot, ImageShape shape)
            => views.View(slot, shape.Width, shape.Height, shape.Channels, 1, shape.RowBytes, shape.PlaneBytes, shape.Bytes, 0);

        public override Tensor Rows(Context c, ImageShape shape, int count, bool alone)
            => c.NewWindow(GgmlType.F32, shape.Width, count, shape.Channels, shape.RowBytes, alone ? shape.RowBytes * count : shape.PlaneBytes);

        public override void Upload(Tensor window, Tensor whole, int first)
            => window.CopyPieces(whole, first * whole.Nb(1), whole.Nb(2), 0, window.Nb(2), window.Nb(2), window.Ne(2));

        public override void Download(Tensor window, Tensor whole, int first)
            => whole.CopyPieces(window, 0, window.Nb(2), first * whole.Nb(1), whole.Nb(2), window.Nb(2), window.Ne(2));

        public override Tensor Broadcast(Context c, Tensor channels) => c.Reshape(channels, 1, 1, channels.Ne(0));

        public override (Tensor Means, Tensor Squares) RowStatistics(Context c, Tensor image)
        {
            (long width, long rows, long channels) = (image.Ne(0), image.Ne(1), image.Ne(2));
            Tensor negated = c.Scale(c.SumRows(image), -1f / width);
            Tensor distance = c.Add(image, negated);
            return (c.Reshape(c.Scale(negated, -1), rows, channels), c.Reshape(c.SumRows(c.Mul(distance, distance)), rows, channels));
        }

        public override Tensor Notes(Context c, ImageShape shape, int count)
            => c.NewWindow(GgmlType.F32, count, shape.Channels, 1, shape.Height * sizeof(float), shape.Height * shape.Channels * sizeof(float));

        public override (int Row, int Channel) NoteStrides(ImageShape shape) => (1, shape.Height);

        public override Convolution Convolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
            => new PlanarConvolution(weights, block, name, reach, inputs, outputs);

        public override Tensor Columns(Context c, Tensor image, GgmlType type)
            => Models.Convolution.Cast(c, c.Cont(c.Permute(c.Reshape(image, image.Ne(0) * image.Ne(1), image.Ne(2)), 1, 0, 2, 3)), type);

        public override Tensor Pixels(Context c, Tensor image, long first, long count)
            => c.View(image, count, image.Ne(2), 1, 1, image.Nb(2), image.Nb(3), image.Nb(3), first * image.Nb(0));

        public override Tensor Project(Context c, Convolution convolution, Tensor columns, float factor) => convolution.BuildPlanes(c, columns, factor);

        public override float[] FromPlanar(float[] values, ImageShape shape) => values;

        public override float[] ToPlanar(float[] values, ImageShape shape) => values;
    }

    private sealed class InterleavedLayout : ImageLayout
    {
        // A tile has two rows.
        public override int StripRows => 2;

        public override int LeastStripRows => 2;

        public override long RowBytes(ImageShape shape) => shape.RowBytes * shape.Channels;

        public override Tensor Whole(Context views, Tensor slot, ImageShape shape)
            => views.View(slot, shape.Channels, shape.Width, shape.Height, 1, shape.Channels * sizeof(float), RowBytes(shape), shape.Bytes, 0);

        public override Tensor Rows(Context c, ImageShape shape, int count, bool alone)
            => c.NewWindow(GgmlType.F32, shape.Channels, shape.Width, count, shape.Channels * sizeof(float), RowBytes(shape));

        public override void Upload(Tensor window, Tensor whole, int first) => window.CopyPieces(whole, first * whole.Nb(2), window.Bytes, 0, window.Bytes, window.Bytes, 1);

        public override void Download(Tensor window, Tensor whole, int first) => whole.CopyPieces(window, 0, window.Bytes, first * whole.Nb(2), window.Bytes, window.Bytes, 1);

        public override Tensor Broadcast(Context c, Tensor channels) => channels;

        public override (Tensor Means, Tensor Squares) RowStatistics(Context c, Tensor image)
        {
            (long channels, long width, long rows) = (image.Ne(0), image.Ne(1), image.Ne(2));
            Tensor ones = c.Filled(1, 1, width, rows);
            Tensor means = c.Scale(c.OuterProduct(image, ones), 1f / width);
            Tensor distance = c.Sub(image, means);
            return (c.Reshape(means, channels, rows), c.Reshape(c.OuterProduct(c.Mul(distance, distance), ones), channels, rows));
        }

        public override Tensor Notes(Context c, ImageShape shape, int count) => c.NewTensor(GgmlType.F32, shape.Channels, count);

        public override (int Row, int Channel) NoteStrides(ImageShape shape) => (shape.Channels, 1);

        public override Convolution Convolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
            => reach.Size == 1 ? new InterleavedProjection(weights, block, name, inputs, outputs) : new InterleavedConvolution(weights, block, name, reach, inputs, outputs);

        public override Tensor Columns(Context c, Tensor image, GgmlType type)
            => Models.Convolution.Cast(c, c.Reshape(image, image.Ne(0), image.Ne(1) * image.Ne(2)), type);

        public override Tensor Pixels(Context c, Tensor image, long first, long count)
            => c.View(image, image.Ne(0), count, 1, 1, image.Nb(1), image.Nb(1) * count, image.Nb(1) * count, first * image.Nb(1));

        public override Tensor Project(Context c, Convolution convolution, Tensor columns, float factor) => convolution.BuildColumns(c, columns, factor);

        public override float[] FromPlanar(float[] values, ImageShape shape) => Transposed(values, shape.Width * shape.Height, shape.Channels);

        public override float[] ToPlanar(float[] values, ImageShape shape) => Transposed(values, shape.Channels, shape.Width * shape.Height);

        // [inner, outer] -> [outer, inner]
        private static float[] Transposed(float[] values, int inner, int outer)
        {
            var result = new float[values.Length];
            for (int i = 0; i < inner; i++)
            {
                for (int k = 0; k < outer; k++)
                    result[i * outer + k] = values[k * inner + i];
            }
            return result;
        }
    }
}
