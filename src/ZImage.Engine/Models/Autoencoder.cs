using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// The Flux autoencoder (AutoencoderKL, 16 latent channels, 8 pixels to a latent pixel). Widths and the number of residual blocks a level
/// come from the file. A file may hold the decoder alone.
/// </summary>
public sealed class Autoencoder : IDisposable
{
    /// <summary>The sampler's latent is (mean - shift) * scale.</summary>
    public const float LatentScale = 0.3611f;

    public const float LatentShift = 0.1159f;

    private readonly List<ImageStage> _decoder = [];
    private readonly List<ImageStage> _encoder = [];

    public Autoencoder(ComponentFile file, Backend backend)
        : this(new ModelWeights(file, backend))
    {
    }

    /// <summary>Declares every weight; for inspected weights nothing can be computed.</summary>
    internal Autoencoder(ModelWeights weights)
    {
        Weights = weights;
        ComponentFile file = weights.File;
        LatentChannels = (int)file.Require("decoder.conv_in.weight", 3, 3, -1, -1).Ne(2);
        Levels = file.Blocks("decoder.up.");
        if (Levels == 0)
            throw new TensorMissingException(file.Path, ["decoder.up.0.*"]);
        HasEncoder = file.Has("encoder.conv_in.weight");
        BuildDecoder(file);
        if (HasEncoder)
            BuildEncoder(file);
    }

    public ModelWeights Weights { get; }

    public int LatentChannels { get; }

    /// <summary>Levels of resolution; each but one doubles the size.</summary>
    public int Levels { get; }

    public bool HasEncoder { get; }

    /// <summary>Pixels along an axis for one latent pixel.</summary>
    public int Scale => 1 << (Levels - 1);

    /// <summary>Decodes a latent of the sampler.</summary>
    /// <param name="latent">[width, height, channels], width fastest.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="afterStage">Called with a stage's name and its result; for tests.</param>
    /// <param name="cancellation">Looked at between stages.</param>
    /// <returns>Pixels [width, height, 3] with values about -1 to 1, width fastest.</returns>
    /// <exception cref="NotFiniteException">The pixels hold NaN or infinity.</exception>
    public float[] Decode(ReadOnlySpan<float> latent, int width, int height, DeviceMemory memory, Action<string, Tensor>? afterStage, CancellationToken cancellation)
    {
        var z = new float[latent.Length];
        for (int i = 0; i < z.Length; i++)
            z[i] = latent[i] / LatentScale + LatentShift;
        using ImageChain chain = Decoder(width, height, memory);
        return chain.Compute(z, afterStage, cancellation);
    }

    /// <summary>What decoding a latent of a size takes.</summary>
    public Footprint MeasureDecode(int width, int height, DeviceMemory memory)
    {
        using ImageChain chain = Decoder(width, height, memory);
        return chain.Footprint;
    }

    /// <summary>What encoding an image of a size, in pixels, takes.</summary>
    /// <exception cref="TensorMissingException">The file holds no encoder.</exception>
    public Footprint MeasureEncode(int width, int height, DeviceMemory memory)
    {
        using ImageChain chain = Encoder(width, height, memory);
        return chain.Footprint;
    }

    /// <summary>The blocks that decoding goes through, in order.</summary>
    internal IReadOnlyList<Block> DecoderBlocks => [.. _decoder.Select(stage => stage.Block)];

    /// <summary>The blocks that encoding goes through, in order; none without an encoder.</summary>
    internal IReadOnlyList<Block> EncoderBlocks => [.. _encoder.Select(stage => stage.Block)];

    /// <summary>Decodes a latent to tell where it loses its picture: the first stage of whose channels none varies over the image, or null.</summary>
    public string? FirstConstantStage(ReadOnlySpan<float> latent, int width, int height, DeviceMemory memory, CancellationToken cancellation)
    {
        string? first = null;
        Decode(latent, width, height, memory, (stage, x) => first ??= HasVariation(x) ? null : stage, cancellation);
        return first;

        static bool HasVariation(Tensor x)
        {
            float[] values = x.ToFloats();
            int plane = (int)(x.Ne(0) * x.Ne(1));
            return values.Chunk(plane).Any(channel => !FiniteNumbers.AreRowsEqual(channel, plane));
        }
    }

    /// <summary>The distribution of latents of an image: mean and log-variance (limited to -30..20).</summary>
    /// <param name="image">[width, height, 3], values -1 to 1, width fastest.</param>
    /// <param name="width">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="height">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="cancellation">Looked at between stages.</param>
    /// <returns>Mean and log-variance, [width / scale, height / scale, channels] each. The mode's latent is (mean - shift) * scale.</returns>
    public (float[] Mean, float[] LogVariance) Encode(float[] image, int width, int height, DeviceMemory memory, CancellationToken cancellation)
    {
        using ImageChain chain = Encoder(width, height, memory);
        float[] moments = chain.Compute(image, null, cancellation);
        int half = moments.Length / 2;
        float[] logVariance = moments[half..];
        for (int i = 0; i < logVariance.Length; i++)
            logVariance[i] = Math.Clamp(logVariance[i], -30, 20);
        return (moments[..half], logVariance);
    }

    public void Dispose() => Weights.Dispose();

    private ImageChain Decoder(int width, int height, DeviceMemory memory)
        => new(_decoder, Weights, memory, (width, height, LatentChannels), "decoding the image");

    private ImageChain Encoder(int width, int height, DeviceMemory memory) => HasEncoder
        ? new ImageChain(_encoder, Weights, memory, (width, height, 3), "encoding the image")
        : throw new TensorMissingException(Weights.File.Path, ["encoder.conv_in.weight"]);

    private void BuildDecoder(ComponentFile file)
    {
        Block block = Weights.AddBlock("decoder.conv_in");
        long channels = file.Require("decoder.conv_in.weight", 3, 3, LatentChannels, -1).Ne(3);
        var convIn = new Convolution(Weights, block, "decoder.conv_in", 3, LatentChannels, channels);
        long inner = channels;
        _decoder.Add(new ImageStage(block, s => (s.Width, s.Height, inner), (c, x) => convIn.Build(c, x)));

        block = Weights.AddBlock("decoder.mid");
        var middle = new MiddlePart(Weights, block, "decoder.mid", channels);
        _decoder.Add(new ImageStage(block, s => s, (c, x) => middle.Build(c, Weights.Backend, x)));

        for (int level = Levels - 1; level >= 0; level--)
        {
            string name = $"decoder.up.{level}";
            block = Weights.AddBlock(name);
            List<ResidualBlock> blocks = ResidualBlocks(file, block, name, ref channels);
            Convolution? upsample = level > 0 ? new Convolution(Weights, block, name + ".upsample.conv", 3, channels, channels) : null;
            int factor = upsample is null ? 1 : 2;
            long outer = channels;
            _decoder.Add(new ImageStage(block, s => (s.Width * factor, s.Height * factor, outer), (c, x) =>
            {
                foreach (ResidualBlock residual in blocks)
                    x = residual.Build(c, Weights.Backend, x);
                if (upsample is null)
                    return x;
                float factor = upsample.FactorFor(Weights.Backend);
                return upsample.Build(c, c.UpscaleNearest(HalfRange.Scale(c, x, factor), 2), factor: factor);
            }));
        }

        block = Weights.AddBlock("decoder.out");
        var norm = new GroupNormalization(Weights, block, "decoder.norm_out", channels);
        var convOut = new Convolution(Weights, block, "decoder.conv_out", 3, channels, 3);
        _decoder.Add(new ImageStage(block, s => (s.Width, s.Height, 3), (c, x) => convOut.Build(c, c.Silu(norm.Build(c, x)))));
    }

    private void BuildEncoder(ComponentFile file)
    {
        Block block = Weights.AddBlock("encoder.conv_in");
        long channels = file.Require("encoder.conv_in.weight", 3, 3, 3, -1).Ne(3);
        var convIn = new Convolution(Weights, block, "encoder.conv_in", 3, 3, channels);
        long inner = channels;
        _encoder.Add(new ImageStage(block, s => (s.Width, s.Height, inner), (c, x) => convIn.Build(c, x)));

        int levels = file.Blocks("encoder.down.");
        for (int level = 0; level < levels; level++)
        {
            string name = $"encoder.down.{level}";
            block = Weights.AddBlock(name);
            List<ResidualBlock> blocks = ResidualBlocks(file, block, name, ref channels);
            Convolution? downsample = level < levels - 1 ? new Convolution(Weights, block, name + ".downsample.conv", 3, channels, channels) : null;
            int factor = downsample is null ? 1 : 2;
            long outer = channels;
            _encoder.Add(new ImageStage(block, s => (s.Width / factor, s.Height / factor, outer), (c, x) =>
            {
                foreach (ResidualBlock residual in blocks)
                    x = residual.Build(c, Weights.Backend, x);
                if (downsample is null)
                    return x;
                // One column at the right and one row at the bottom, then stride 2 without padding.
                float factor = downsample.FactorFor(Weights.Backend);
                return downsample.Build(c, c.Pad(HalfRange.Scale(c, x, factor), 0, 1, 0, 1), stride: 2, padding: 0, factor: factor);
            }));
        }

        block = Weights.AddBlock("encoder.mid");
        var middle = new MiddlePart(Weights, block, "encoder.mid", channels);
        _encoder.Add(new ImageStage(block, s => s, (c, x) => middle.Build(c, Weights.Backend, x)));

        block = Weights.AddBlock("encoder.out");
        var norm = new GroupNormalization(Weights, block, "encoder.norm_out", channels);
        var convOut = new Convolution(Weights, block, "encoder.conv_out", 3, channels, 2 * LatentChannels);
        _encoder.Add(new ImageStage(block, s => (s.Width, s.Height, 2 * LatentChannels), (c, x) => convOut.Build(c, c.Silu(norm.Build(c, x)))));
    }

    private List<ResidualBlock> ResidualBlocks(ComponentFile file, Block block, string level, ref long channels)
    {
        int count = file.Blocks(level + ".block.");
        if (count == 0)
            throw new TensorMissingException(file.Path, [level + ".block.0.*"]);
        var blocks = new List<ResidualBlock>();
        for (int i = 0; i < count; i++)
        {
            blocks.Add(new ResidualBlock(Weights, block, $"{level}.block.{i}", channels));
            channels = blocks[^1].Outputs;
        }
        return blocks;
    }
}
