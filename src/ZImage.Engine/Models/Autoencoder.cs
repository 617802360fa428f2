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

    private const string DecodePurpose = "decoding the image", EncodePurpose = "encoding the image";

    // On the CPU what a strip takes should stay in its caches; a GPU wants many pixels at a time.
    private const long CpuStripBytes = 4L << 20, GpuStripBytes = 128L << 20;

    private readonly List<ImageStage> _decoder = [];
    private readonly List<ImageStage> _encoder = [];

    private readonly ImageLayout _layout;

    public Autoencoder(ComponentFile file, Backend backend)
        : this(new ModelWeights(file, backend))
    {
    }

    /// <summary>Declares every weight; for inspected weights nothing can be computed.</summary>
    internal Autoencoder(ModelWeights weights)
        : this(weights, ImageLayout.For(weights))
    {
    }

    internal Autoencoder(ModelWeights weights, ImageLayout layout)
    {
        Weights = weights;
        _layout = layout;
        ComponentFile file = weights.File;
        StripBytes = weights.IsInspected || weights.Backend.Device.Backend == BackendKind.Cpu ? CpuStripBytes : GpuStripBytes;
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

    /// <summary>Most bytes of temporaries of a strip. It is the same for every budget, because the order of sums may depend on it.</summary>
    internal long StripBytes { get; init; }

    /// <summary>How convolutions are computed here; where that has to be measured, it is when this is read first, or at the first computation.</summary>
    public ConvolutionPath ConvolutionPath
    {
        get => field ??= ConvolutionPath.For(Weights);
        internal init;
    }

    /// <summary>The ways in which a latent can be decoded: the fastest first, the one that takes least memory last.</summary>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="tiling">Whether tiles are allowed. A picture that is not larger than the tile is decoded in an exact way.</param>
    /// <param name="tileSize">Width and height of tiles in pixels; null for the usual sizes.</param>
    /// <param name="overlap">Share of a tile that overlaps the next at least, 0 to 0.5.</param>
    public IReadOnlyList<ImageWay> DecodeWays(int width, int height, VaeTiling tiling, int? tileSize, float overlap)
        => ImageWay.All(width, height, Scale, ImageChain.Activations(_decoder, LatentShape(width, height)), tiling, tileSize, overlap);

    /// <summary>The ways in which an image can be encoded, as <see cref="DecodeWays"/>.</summary>
    /// <param name="width">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="height">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="tiling">Whether tiles are allowed.</param>
    /// <param name="tileSize">Width and height of tiles in pixels; null for the usual sizes.</param>
    /// <param name="overlap">Share of a tile that overlaps the next at least, 0 to 0.5.</param>
    public IReadOnlyList<ImageWay> EncodeWays(int width, int height, VaeTiling tiling, int? tileSize, float overlap)
        => ImageWay.All(width / Scale, height / Scale, Scale, ImageChain.Activations(_encoder, new ImageShape(width, height, 3)), tiling, tileSize, overlap);

    /// <summary>What decoding a latent of a size takes.</summary>
    public Footprint MeasureDecode(int width, int height, DeviceMemory memory, ImageWay way)
        => Measure(_decoder, new TileGrid(width, height, Scale, way), 1, LatentChannels, memory, way);

    /// <summary>What encoding an image of a size, in pixels, takes.</summary>
    /// <exception cref="TensorMissingException">The file holds no encoder.</exception>
    public Footprint MeasureEncode(int width, int height, DeviceMemory memory, ImageWay way)
        => Measure(Encoder, new TileGrid(width / Scale, height / Scale, Scale, way), Scale, 3, memory, way);

    /// <summary>Decodes a latent of the sampler.</summary>
    /// <param name="latent">[width, height, channels], width fastest.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="ram">Host memory for activations, pinned; used for <see cref="ImageMethod.Strips"/> alone.</param>
    /// <param name="way">One of <see cref="DecodeWays"/>.</param>
    /// <param name="afterStage">Called with the result of every stage (of every tile); for tests.</param>
    /// <param name="cancellation">Looked at between strips.</param>
    /// <returns>Pixels [width, height, 3] with values about -1 to 1, width fastest.</returns>
    /// <exception cref="NotFiniteException">The pixels hold NaN or infinity.</exception>
    /// <exception cref="BudgetExceededException">It would exceed a budget; nothing stays allocated.</exception>
    /// <exception cref="DeviceOutOfMemoryException">There is no room; nothing stays allocated.</exception>
    public float[] Decode(ReadOnlySpan<float> latent, int width, int height, DeviceMemory memory, MemoryAccount ram, ImageWay way,
        Action<StageResult>? afterStage, CancellationToken cancellation)
    {
        var z = new float[latent.Length];
        for (int i = 0; i < z.Length; i++)
            z[i] = latent[i] / LatentScale + LatentShift;
        var grid = new TileGrid(width, height, Scale, way);
        using var chain = new ImageChain(_decoder, Settings(memory, ram, way, DecodePurpose), new ImageShape(grid.Columns.Tile, grid.Rows.Tile, LatentChannels));
        return grid.Compute(z, 1, chain.Output.Width / grid.Columns.Tile, tile => chain.Compute(tile, afterStage, cancellation));
    }

    /// <summary>The distribution of latents of an image: mean and log-variance (limited to -30..20).</summary>
    /// <param name="image">[width, height, 3], values -1 to 1, width fastest.</param>
    /// <param name="width">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="height">Pixels; a multiple of <see cref="Scale"/>.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="ram">Host memory for activations, pinned; used for <see cref="ImageMethod.Strips"/> alone.</param>
    /// <param name="way">One of <see cref="EncodeWays"/>.</param>
    /// <param name="cancellation">Looked at between strips.</param>
    /// <returns>Mean and log-variance, [width / scale, height / scale, channels] each. The mode's latent is (mean - shift) * scale.</returns>
    /// <exception cref="TensorMissingException">The file holds no encoder.</exception>
    public (float[] Mean, float[] LogVariance) Encode(float[] image, int width, int height, DeviceMemory memory, MemoryAccount ram, ImageWay way, CancellationToken cancellation)
    {
        var grid = new TileGrid(width / Scale, height / Scale, Scale, way);
        using var chain = new ImageChain(Encoder, Settings(memory, ram, way, EncodePurpose), new ImageShape(grid.Columns.Tile * Scale, grid.Rows.Tile * Scale, 3));
        float[] moments = grid.Compute(image, Scale, 1, tile => chain.Compute(tile, null, cancellation));
        int half = moments.Length / 2;
        float[] logVariance = moments[half..];
        for (int i = 0; i < logVariance.Length; i++)
            logVariance[i] = Math.Clamp(logVariance[i], -30, 20);
        return (moments[..half], logVariance);
    }

    /// <summary>The blocks that decoding goes through, in order.</summary>
    internal IReadOnlyList<Block> DecoderBlocks => [.. _decoder.Select(stage => stage.Block)];

    /// <summary>The blocks that encoding goes through, in order; none without an encoder.</summary>
    internal IReadOnlyList<Block> EncoderBlocks => [.. _encoder.Select(stage => stage.Block)];

    /// <summary>Decodes a latent to tell where it loses its picture: the first stage of whose channels none varies over the image, or null.</summary>
    public string? FirstConstantStage(ReadOnlySpan<float> latent, int width, int height, DeviceMemory memory, MemoryAccount ram, ImageWay way, CancellationToken cancellation)
    {
        string? first = null;
        Decode(latent, width, height, memory, ram, way, stage => first ??= HasVariation(stage) ? null : stage.Name, cancellation);
        return first;

        static bool HasVariation(StageResult stage) => stage.Values.Chunk(stage.Pixels).Any(channel => !FiniteNumbers.AreRowsEqual(channel, stage.Pixels));
    }

    public void Dispose() => Weights.Dispose();

    private List<ImageStage> Encoder => HasEncoder ? _encoder : throw new TensorMissingException(Weights.File.Path, ["encoder.conv_in.weight"]);

    private ImageShape LatentShape(int width, int height) => new(width, height, LatentChannels);

    private ImageRunSettings Settings(DeviceMemory memory, MemoryAccount ram, ImageWay way, string purpose)
        => new(Weights, memory, ram, way.MostOnDevice, StripBytes, _layout, _layout == ImageLayout.Planar && ConvolutionPath.IsDirect, purpose);

    private Footprint Measure(List<ImageStage> stages, TileGrid grid, int inputScale, int channels, DeviceMemory memory, ImageWay way)
    {
        // Nothing of it is allocated.
        var ram = new MemoryAccount("RAM", BufferType.PinnedFor(memory.Backend.Device));
        using var chain = new ImageChain(stages, Settings(memory, ram, way, ""), new ImageShape(grid.Columns.Tile * inputScale, grid.Rows.Tile * inputScale, channels));
        Footprint tile = chain.Footprint;
        return tile with { Flops = tile.Flops * way.Passes };
    }

    private void BuildDecoder(ComponentFile file)
    {
        long channels = file.Require("decoder.conv_in.weight", 3, 3, LatentChannels, -1).Ne(3);
        Add(_decoder, "decoder.conv_in", parts => [parts.Input("decoder.conv_in", LatentChannels, channels)]);
        Add(_decoder, "decoder.mid", parts => parts.Middle("decoder.mid", channels));
        for (int level = Levels - 1; level >= 0; level--)
        {
            string name = $"decoder.up.{level}";
            bool isLast = level == 0;
            Add(_decoder, name, parts => [.. parts.Residuals(name, ref channels), .. isLast ? Array.Empty<ImageLayer>() : [parts.Upsampling(name + ".upsample.conv", channels)]]);
        }
        Add(_decoder, "decoder.out", parts => [parts.Output("decoder.norm_out", "decoder.conv_out", channels, 3)]);
    }

    private void BuildEncoder(ComponentFile file)
    {
        long channels = file.Require("encoder.conv_in.weight", 3, 3, 3, -1).Ne(3);
        Add(_encoder, "encoder.conv_in", parts => [parts.Input("encoder.conv_in", 3, channels)]);
        int levels = file.Blocks("encoder.down.");
        for (int level = 0; level < levels; level++)
        {
            string name = $"encoder.down.{level}";
            bool isLast = level == levels - 1;
            Add(_encoder, name, parts => [.. parts.Residuals(name, ref channels), .. isLast ? Array.Empty<ImageLayer>() : [parts.Downsampling(name + ".downsample.conv", channels)]]);
        }
        Add(_encoder, "encoder.mid", parts => parts.Middle("encoder.mid", channels));
        Add(_encoder, "encoder.out", parts => [parts.Output("encoder.norm_out", "encoder.conv_out", channels, 2 * LatentChannels)]);
    }

    private void Add(List<ImageStage> stages, string name, Func<AutoencoderParts, IEnumerable<ImageLayer>> layers)
    {
        Block block = Weights.AddBlock(name);
        stages.Add(new ImageStage(block, [.. layers(new AutoencoderParts(Weights, block, _layout))]));
    }
}
