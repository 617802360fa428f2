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
    /// Reads the block from its file into host memory. Weights that the device cannot take as stored are widened: 8-bit floats to F16, others to F32;
    /// rows may have another order there. Those that are repacked must have their place there.
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
            weight.Tensor.Set(Stored(weight.Sources[0], 0, weight.Tensor.Bytes));
            return;
        }
        long first = 0;
        foreach (ComponentTensor source in weight.Sources)
        {
            if (source.Type.Ggml == weight.Tensor.Type)
                Copy(source, weight, first, target, offset);
            else
                Widen(source, weight, first, target, offset);
            first += source.Elements / weight.RowElements;
        }
        target.Span(offset + weight.Tensor.Bytes, checked((int)(end - offset - weight.Tensor.Bytes))).Clear();
    }

    private static ReadOnlySpan<byte> Stored(ComponentTensor source, long offset, long bytes) => source.Stored.File.Span(source.Stored.Offset + offset, checked((int)bytes));

    // Rows of a source become rows of the tensor from one on, unless each has a place of its own.
    private static void Copy(ComponentTensor source, Weight weight, long first, Buffer target, long offset)
    {
        long row = weight.Tensor.Bytes / (weight.Tensor.Elements / weight.RowElements);
        if (weight.Place is not { } place)
        {
            Stored(source, 0, source.Bytes).CopyTo(target.Span(offset + first * row, checked((int)source.Bytes)));
            return;
        }
        for (long i = 0; i < source.Bytes / row; i++)
            Stored(source, i * row, row).CopyTo(target.Span(offset + place(first + i) * row, (int)row));
    }

    // In pieces of whole rows, which several threads take, so that widening takes little memory besides the tensor's own.
    private static void Widen(ComponentTensor source, Weight weight, long first, Buffer target, long offset)
    {
        GgmlType type = weight.Tensor.Type;
        int size = type == GgmlType.F32 ? sizeof(float) : sizeof(ushort);
        float[] scale = source.ReadScale();
        long elements = source.Elements, row = weight.RowElements;
        long run = long.Max(source.Ne(0), source.Stored.Type.BlockSize);
        int piece = checked((int)long.Min(elements, long.Max(1, MostElements / run) * run));
        int pieces = checked((int)((elements + piece - 1) / piece));
        Parallel.For(0, pieces, index =>
        {
            long start = (long)index * piece;
            int count = (int)long.Min(piece, elements - start);
            float[] floats = ArrayPool<float>.Shared.Rent(count);
            source.Decode(start, floats.AsSpan(0, count), scale);
            if (weight.Place is null)
                Put(floats.AsSpan(0, count), first * row + start);
            else
            {
                for (int at = 0; at < count; at += (int)row)
                    Put(floats.AsSpan(at, (int)row), weight.Place(first + (start + at) / row) * row);
            }
            ArrayPool<float>.Shared.Return(floats);
        });

        void Put(ReadOnlySpan<float> values, long element) => TensorRows.Encode(type, values, target.Span(offset + element * size, values.Length * size));
    }
}
