using System.Buffers;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Models;
using ZImage.Ggml;
using Buffer = ZImage.Ggml.Buffer;

namespace ZImage.Engine.Memory;

/// <summary>
/// Puts the weights of a component where its device computes from. On the CPU they are used where they lie in the mapped file;
/// other devices get one buffer a block. Weights that the device cannot take as stored are widened to F32.
/// </summary>
public sealed class WeightResidency : IDisposable
{
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
            if (type.IsHost && weight.IsStoredType && TryUseInPlace(weight, type))
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
            Upload(weight);
        }
    }

    private bool TryUseInPlace(Weight weight, BufferType type)
    {
        if (weight.Source.Parts is not [CheckpointTensor stored] || stored.Offset % type.Alignment != 0)
            return false;
        if (!_files.TryGetValue(stored.File, out Buffer? file))
            _files[stored.File] = file = Buffer.FromFile(stored.File);
        file.Place(weight.Tensor, stored.Offset);
        MappedBytes += stored.Bytes;
        return true;
    }

    private static void Upload(Weight weight)
    {
        if (weight.IsStoredType && weight.Source.Parts is [CheckpointTensor stored])
        {
            weight.Tensor.Set(stored.File, stored.Offset);
            return;
        }
        int count = checked((int)weight.Source.Elements);
        float[] floats = ArrayPool<float>.Shared.Rent(count);
        try
        {
            weight.Decode(floats.AsSpan(0, count));
            weight.Tensor.Set<float>(floats.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(floats);
        }
    }
}
