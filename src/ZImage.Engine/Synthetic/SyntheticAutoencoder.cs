using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>The Flux autoencoder with both its halves, named as in the files of its authors.</summary>
internal sealed class SyntheticAutoencoder : SyntheticComponent
{
    internal const int LatentChannels = 16;

    // Channels of each resolution, in units of those of the first.
    private static readonly int[] s_widths = [1, 2, 4, 4];
    private const int ResidualBlocks = 2;
    private const int Rgb = 3;

    public SyntheticAutoencoder(SyntheticSizes sizes)
    {
        Encoder(sizes.EncoderChannels ?? sizes.Channels);
        Decoder(sizes.Channels);
    }

    protected override void Describe(GgufWriter writer)
    {
        writer.AddMetadata("general.architecture", "vae");
        writer.AddMetadata("general.name", "synthetic Flux autoencoder");
    }

    private void Encoder(int channels)
    {
        int width = channels;
        Convolution("encoder.conv_in", Rgb, width, 3);
        for (int level = 0; level < s_widths.Length; level++)
        {
            for (int i = 0; i < ResidualBlocks; i++)
                Residual($"encoder.down.{level}.block.{i}", ref width, channels * s_widths[level]);
            if (level < s_widths.Length - 1)
                Convolution($"encoder.down.{level}.downsample.conv", width, width, 3);
        }
        Middle("encoder.mid", width);
        GroupNorm("encoder.norm_out", width);
        Convolution("encoder.conv_out", width, 2 * LatentChannels, 3);
    }

    private void Decoder(int channels)
    {
        int width = channels * s_widths[^1];
        Convolution("decoder.conv_in", LatentChannels, width, 3);
        Middle("decoder.mid", width);
        for (int level = s_widths.Length - 1; level >= 0; level--)
        {
            for (int i = 0; i <= ResidualBlocks; i++)
                Residual($"decoder.up.{level}.block.{i}", ref width, channels * s_widths[level]);
            if (level > 0)
                Convolution($"decoder.up.{level}.upsample.conv", width, width, 3);
        }
        GroupNorm("decoder.norm_out", width);
        Convolution("decoder.conv_out", width, Rgb, 3);
    }

    private void Middle(string name, int width)
    {
        Residual(name + ".block_1", ref width, width);
        GroupNorm(name + ".attn_1.norm", width);
        foreach (string part in (string[])["q", "k", "v", "proj_out"])
            Convolution($"{name}.attn_1.{part}", width, width, 1);
        Residual(name + ".block_2", ref width, width);
    }

    private void Residual(string name, ref int width, int to)
    {
        GroupNorm(name + ".norm1", width);
        Convolution(name + ".conv1", width, to, 3);
        GroupNorm(name + ".norm2", to);
        Convolution(name + ".conv2", to, to, 3);
        if (width != to)
            Convolution(name + ".nin_shortcut", width, to, 1);
        width = to;
    }

    private void GroupNorm(string name, int width)
    {
        Norm(name, width);
        Vector(name + ".bias", width, 0, 0.05f);
    }

    private void Convolution(string name, int from, int to, int size)
    {
        Add(name + ".weight", GgmlType.F16, [size, size, from, to], 0, 1 / MathF.Sqrt(from * size * size));
        Vector(name + ".bias", to, 0, 0.02f);
    }
}
