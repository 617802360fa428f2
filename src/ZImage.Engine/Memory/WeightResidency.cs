using System.Buffers;
using System.Runtime.ExceptionServices;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Puts the weights of a component where its device computes from. On the CPU they are used where they lie in the mapped file;
/// other devices get one buffer a block. Weights that the device cannot take as stored are widened: 8-bit floats to F16, others to F32.
/// </summary>
public sealed class WeightResidency : IDisposable
{
    private const int MostElements = 1 << 20;

    private readonly Dictionary<MappedFile, Buffer> _files = [];
    private readonly List<CountedBuffer> _buffers = [];

    private WeightResidency()
    {
    }

    /// <summary>Bytes of weights that are used in place and so cost no memory of ours.</summary>
    public long MappedBytes { get; private set; }

    /// <summary>Places every block.</summary>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room; nothing stays allocated.</exception>
    public static WeightResidency Place(ModelWeights weights, DeviceMemory memory, CancellationToken cancellation)
    {
        var residency = new WeightResidency();
        try
        {
            foreach (Block block in weights.Blocks)
            {
                cancellation.ThrowIfCancellationRequested();
                residency.Place(block, memory);
            }
            return residency;
        }
        catch
        {
            residency.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (CountedBuffer buffer in _buffers)
            buffer.Dispose();
        foreach (Buffer file in _files.Values)
            file.Dispose();
    }

    private void Place(Block block, DeviceMemory memory)
    {
        BufferType type = memory.Backend.BufferType;
        var toUpload = new List<(Weight Weight, long Offset)>();
        long end = 0;
        foreach (Weight weight in block.Weights)
        {
            if (type.IsHost && weight.IsStoredType && TryUseInPlace(weight))
                continue;
            toUpload.Add((weight, end));
            end = type.AlignUp(end + type.AllocationBytes(weight.Tensor));
        }
        if (toUpload.Count == 0)
            return;

        CountedBuffer buffer = memory.Allocate(end, $"the weights of {block.Name}");
        _buffers.Add(buffer);
        foreach ((Weight weight, long offset) in toUpload)
        {
            buffer.Buffer.Place(weight.Tensor, offset);
            Upload(weight, type.IsHost);
        }
    }

    private bool TryUseInPlace(Weight weight)
    {
        CheckpointTensor stored = weight.Source.Stored;
        // Files of other formats than GGUF align less than ggml asks for, which its CPU code can do without on x86; it counts on no less
        // than whole elements.
        if (stored.Offset % ElementBytes(weight.Tensor.Type) != 0)
            return false;
        if (!_files.TryGetValue(stored.File, out Buffer? file))
            _files[stored.File] = file = Buffer.FromFile(stored.File);
        file.Place(weight.Tensor, stored.Offset);
        MappedBytes += stored.Bytes;
        return true;
    }

    // Blocks of quantised types are made of F16 and bytes.
    private static int ElementBytes(GgmlType type) => type == GgmlType.F32 ? sizeof(float) : sizeof(ushort);

    private static void Upload(Weight weight, bool isHost)
    {
        CheckpointTensor stored = weight.Source.Stored;
        if (weight.IsStoredType)
        {
            weight.Tensor.Set(stored.File, stored.Offset);
            return;
        }
        // In pieces of whole rows, so that widening takes little memory besides the tensor's own. Writing to host memory needs no turns.
        float[] scale = weight.Source.ReadScale();
        long rowLength = weight.Source.Ne(0), elements = weight.Source.Elements;
        long block = long.Max(rowLength, stored.Type.BlockSize);
        int piece = checked((int)long.Min(elements, long.Max(1, MostElements / block) * block));
        int pieces = checked((int)((elements + piece - 1) / piece));
        if (isHost)
        {
            try
            {
                Parallel.For(0, pieces, Widen);
            }
            catch (AggregateException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            }
        }
        else
        {
            for (int index = 0; index < pieces; index++)
                Widen(index);
        }

        void Widen(int index)
        {
            long first = (long)index * piece;
            float[] floats = ArrayPool<float>.Shared.Rent(piece);
            Span<float> target = floats.AsSpan(0, (int)long.Min(piece, elements - first));
            weight.Source.Decode(first, target, scale);
            weight.Tensor.SetFloats(first, target);
            ArrayPool<float>.Shared.Return(floats);
        }
    }
}
