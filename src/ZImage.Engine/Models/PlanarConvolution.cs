using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>A convolution over [W, H, IC], as a matrix product over gathered patches (im2col) or by ggml's direct kernels.</summary>
internal sealed class PlanarConvolution(ModelWeights weights, Block block, string name, KernelReach reach, long inputs, long outputs)
    : Convolution(StoredKernel(weights, block, name, reach.Size, inputs, outputs), StoredBias(weights, block, name, outputs), reach, inputs, outputs)
{
    public override int Nodes => 16;

    public override long RowBytes(int imageWidth)
    {
        long width = Reach.Results(imageWidth), patch = (long)Reach.Size * Reach.Size * Inputs * Type.BlockBytes();
        return width * patch + (long)imageWidth * Reach.Enlargement * Reach.Stride * Inputs * sizeof(float) + width * Outputs * sizeof(float);
    }

    /// <summary>[W, rows.Count, IC] -> [W', count, OC].</summary>
    public override Tensor Build(Context c, Tensor x, RowWindow rows, Tensor kernel, float factor = 1, bool isDirect = false)
    {
        if (Reach.Enlargement > 1)
        {
            x = c.UpscaleNearest(x, Reach.Enlargement);
            if (rows.Kept < x.Ne(1))
                x = c.Cont(c.Rows(x, rows.Skipped, rows.Kept));
        }
        // Zeros that lie on both sides alike are gathered without being stored.
        (int left, int right, int paddingX) = Reach.Before == Reach.After ? (0, 0, Reach.Before) : (Reach.Before, Reach.After, 0);
        (int above, int below, int paddingY) = rows.Above == rows.Below ? (0, 0, rows.Above) : (rows.Above, rows.Below, 0);
        if (left + right + above + below > 0)
            x = c.Pad(x, left, right, above, below);
        kernel = c.Reshape(kernel, Reach.Size, Reach.Size, Inputs, Outputs);
        // A 1x1 kernel has nothing to gather.
        Tensor sums = isDirect && Reach.Size > 1 ? c.Conv2D(kernel, x, Reach.Stride, paddingX, paddingY) : Product(c, kernel, x, Reach.Stride, paddingX, paddingY);
        return c.Add(Rescale(c, sums, factor), c.Reshape(Bias, 1, 1, Outputs));
    }

    /// <summary>The sums of a convolution as a product over gathered patches: kernel [KW, KH, IC, OC], image [W, H, IC] -> [W', H', OC].</summary>
    public static Tensor Product(Context c, Tensor kernel, Tensor x, int stride, int paddingX, int paddingY)
    {
        Tensor patches = c.Im2Col(kernel, x, stride, paddingX, paddingY, kernel.Type);
        (long patch, long width, long height, long outputs) = (patches.Ne(0), patches.Ne(1), patches.Ne(2), kernel.Ne(3));
        return c.Reshape(c.MulMat(c.Reshape(patches, patch, width * height), c.Reshape(kernel, patch, outputs)), width, height, outputs);
    }
}
