using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Engine.Synthetic;

/// <summary>The three checkpoints of a model with random weights, in memory. The same sizes and seed give the same bytes, and so the same fingerprints.</summary>
public sealed class SyntheticCheckpoints : IDisposable
{
    /// <summary>What such a model is called.</summary>
    public const string Name = "synthetic";

    private const ulong DefaultSeed = 0x5A;

    private readonly Dictionary<ComponentKind, Checkpoint> _checkpoints = [];

    private SyntheticCheckpoints(SyntheticSizes sizes)
    {
        Sizes = sizes;
        Scale = sizes.Scale;
    }

    public SyntheticSizes Sizes { get; }

    /// <summary>Bytes as a share of those of the published model, 1 for all of them.</summary>
    public double Scale { get; }

    internal Checkpoint this[ComponentKind kind] => _checkpoints[kind];

    /// <summary>Takes the memory and fills it.</summary>
    /// <exception cref="OutOfMemoryException">There is no room; nothing stays allocated.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing stays allocated.</exception>
    public static SyntheticCheckpoints Create(SyntheticSizes sizes, CancellationToken cancellation) => Create(sizes, DefaultSeed, cancellation);

    internal static SyntheticCheckpoints Create(SyntheticSizes sizes, ulong seed, CancellationToken cancellation)
    {
        var made = new SyntheticCheckpoints(sizes);
        var random = new RandomValues(seed);
        try
        {
            made.Add(ComponentKind.Transformer, "transformer", new SyntheticTransformer(sizes), random, cancellation);
            made.Add(ComponentKind.TextEncoder, "text-encoder", new SyntheticTextEncoder(sizes), random, cancellation);
            made.Add(ComponentKind.Autoencoder, "vae", new SyntheticAutoencoder(sizes), random, cancellation);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (Checkpoint checkpoint in _checkpoints.Values)
            checkpoint.Dispose();
    }

    private void Add(ComponentKind kind, string name, SyntheticComponent component, RandomValues random, CancellationToken cancellation)
    {
        GgufWriter writer = component.Describe();
        var header = new MemoryStream();
        writer.WriteHeader(header);

        MemoryFile file = MemoryFile.Allocate($"{Name}:{name}", header.Length + writer.DataLength);
        try
        {
            file.Write(0, header.ToArray());
            Checkpoint checkpoint = Checkpoint.Of(file);
            Fill(file, checkpoint, component.Tensors, random, cancellation);
            _checkpoints[kind] = checkpoint;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Fill(MemoryFile file, Checkpoint checkpoint, IReadOnlyList<SyntheticTensor> tensors, RandomValues random, CancellationToken cancellation)
    {
        long end = checkpoint.Tensors.Values.Min(tensor => tensor.Offset);
        foreach (CheckpointTensor tensor in checkpoint.Tensors.Values)
        {
            // What lies between tensors is part of the fingerprint.
            file.Write(end, new byte[tensor.Offset - end]);
            end = tensor.Offset + tensor.Bytes;
        }
        file.Write(end, new byte[file.Length - end]);
        (SyntheticTensor Tensor, long Start, int Bytes)[] pieces =
            [.. tensors.SelectMany(tensor => RandomValues.Pieces(tensor).Select(piece => (tensor, piece.Start, piece.Bytes)))];
        Parallel.For(0, pieces.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            (SyntheticTensor tensor, long start, int bytes) = pieces[i];
            file.Write(checkpoint.Tensors[tensor.Name].Offset + start, random.Draw(tensor, start, bytes));
        });
    }
}
