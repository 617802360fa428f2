using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// The weights of a block as the bytes that stand on the device: one after the other, with the device's alignment and zeros between them. The
/// same wherever the block is placed, so it moves in one copy, and padding of quantised rows is zero in every place.
/// </summary>
internal sealed class BlockImage
{
    private const int MostElements = 1 << 20;

    private readonly List<(Weight Weight, long Offset, long End)> _weights = [];
    private readonly IReadOnlySet<Weight> _repacked;

    /// <param name="block">The block.</param>
    /// <param name="type">The memory it is for.</param>
    /// <param name="weights">Those of its weights that are not used in place.</param>
    /// <param name="repacked">Those that the memory keeps in an order of its own.</param>
    public BlockImage(Block block, BufferType type, IEnumerable<Weight> weights, IReadOnlySet<Weight> repacked)
    {
        Block = block;
        _repacked = repacked;
        foreach (Weight weight in weights)
        {
            long end = type.AlignUp(Bytes + type.AllocationBytes(weight.Tensor));
            _weights.Add((weight, Bytes, end));
            Bytes = end;
        }
    }

    public Block Block { get; }

    /// <summary>Bytes on the device, padding included; 0 when every weight is used in place.</summary>
    public long Bytes { get; private set; }

    /// <summary>Gives the weights their places in a buffer.</summary>
    public void Place(Buffer buffer)
    {
        foreach ((Weight weight, long offset, _) in _weights)
            buffer.Place(weight.Tensor, offset);
    }

    /// <summary>Takes the weights out of their places.</summary>
    public void Displace(Buffer placeholder)
    {
        foreach ((Weight weight, _, _) in _weights)
            placeholder.Announce(weight.Tensor);
    }

    /// <summary>
    /// Reads the block from its file into host memory. Weights that the device cannot take as stored are widened: 8-bit floats to F16, others to F32.
    /// Those that are repacked must have their place there.
    /// </summary>
    public void ReadInto(Buffer target)
    {
        try
        {
            // One thread copies less than memory or a link would take.
            Parallel.ForEach(Partitioner.Create(_weights, EnumerablePartitionerOptions.NoBuffering), each => Read(each.Weight, target, each.Offset, each.End));
        }
        catch (AggregateException e)
        {
            // Weights are read side by side, and so are the pieces of one.
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    private void Read(Weight weight, Buffer target, long offset, long end)
    {
        if (_repacked.Contains(weight))
        {
            weight.Tensor.Set(Stored(weight));
            return;
        }
        Span<byte> bytes = target.Span(offset, checked((int)(end - offset)));
        if (weight.IsStoredType)
            Stored(weight).CopyTo(bytes);
        else
            Widen(weight, target, offset);
        bytes[checked((int)weight.Tensor.Bytes)..].Clear();
    }

    private static ReadOnlySpan<byte> Stored(Weight weight) => weight.Source.Stored.File.Span(weight.Source.Stored.Offset, checked((int)weight.Tensor.Bytes));

    // In pieces of whole rows, which several threads take, so that widening takes little memory besides the tensor's own.
    private static void Widen(Weight weight, Buffer target, long offset)
    {
        GgmlType type = weight.Tensor.Type;
        int size = type == GgmlType.F32 ? sizeof(float) : sizeof(ushort);
        float[] scale = weight.Source.ReadScale();
        long elements = weight.Source.Elements;
        long run = long.Max(weight.Source.Ne(0), weight.Source.Stored.Type.BlockSize);
        int piece = checked((int)long.Min(elements, long.Max(1, MostElements / run) * run));
        int pieces = checked((int)((elements + piece - 1) / piece));
        Parallel.For(0, pieces, index =>
        {
            long first = (long)index * piece;
            int count = (int)long.Min(piece, elements - first);
            float[] floats = ArrayPool<float>.Shared.Rent(count);
            weight.Source.Decode(first, floats.AsSpan(0, count), scale);
            TensorRows.Encode(type, floats.AsSpan(0, count), target.Span(offset + first * size, count * size));
            ArrayPool<float>.Shared.Return(floats);
        });
    }
}
