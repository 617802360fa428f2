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
    private const long MostBytes = 8L << 20;

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
            Parallel.ForEach(Partitioner.Create(Pieces(target), EnumerablePartitionerOptions.NoBuffering), piece => piece());
        }
        catch (AggregateException e)
        {
            // Weights are read side by side, and so are the pieces of one.
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    // What is copied is so in pieces of whole rows; what is widened has pieces of its own.
    private IEnumerable<Action> Pieces(Buffer target)
    {
        foreach ((Weight weight, long offset, long end) in _weights)
        {
            if (_repacked.Contains(weight))
            {
                yield return () => weight.Tensor.Set(Stored(weight.Sources[0], 0, weight.Tensor.Bytes));
                continue;
            }
            long first = 0, row = weight.Tensor.Bytes / (weight.Tensor.Elements / weight.RowElements), most = long.Max(1, MostBytes / row);
            foreach (ComponentTensor source in weight.Sources)
            {
                long rows = source.Elements / weight.RowElements, into = first;
                if (source.Type.Ggml != weight.Tensor.Type)
                    yield return () => Widen(source, weight, into, target, offset);
                else
                {
                    for (long start = 0; start < rows; start += most)
                    {
                        long from = start, count = long.Min(most, rows - start);
                        yield return () => Copy(Stored(source, from * row, count * row), (int)row, weight.Place, into + from, target, offset);
                    }
                }
                first += rows;
            }
            yield return () => target.Span(offset + weight.Tensor.Bytes, checked((int)(end - offset - weight.Tensor.Bytes))).Clear();
        }
    }

    private static ReadOnlySpan<byte> Stored(ComponentTensor source, long offset, long bytes) => source.Stored.File.Span(source.Stored.Offset + offset, checked((int)bytes));

    // Rows become rows of the tensor from one on, unless each has a place of its own.
    private static void Copy(ReadOnlySpan<byte> rows, int row, Func<long, long>? place, long first, Buffer target, long offset)
    {
        if (place is null)
        {
            rows.CopyTo(target.Span(offset + first * row, rows.Length));
            return;
        }
        for (int i = 0; i < rows.Length / row; i++)
            rows.Slice(i * row, row).CopyTo(target.Span(offset + place(first + i) * row, row));
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
