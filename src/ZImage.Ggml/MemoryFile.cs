using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>What would be the bytes of a file, in memory alone: its path is a name, and nothing changes it from outside. It is used wherever a mapped file is.</summary>
public sealed unsafe class MemoryFile : MappedFile
{
    private readonly HostMemoryHandle _memory;

    private MemoryFile(string name, HostMemoryHandle memory, long length) : base(name, memory.Start, length) => _memory = memory;

    /// <summary>Takes memory, whose contents are not known yet.</summary>
    /// <param name="name">What stands for the path.</param>
    /// <param name="length">Bytes, above 0.</param>
    /// <exception cref="OutOfMemoryException">There is no room.</exception>
    public static MemoryFile Allocate(string name, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new MemoryFile(name, new HostMemoryHandle(length), length);
    }

    /// <summary>Whether the memory went back to the system.</summary>
    internal bool IsFreed => _memory.IsClosed;

    /// <summary>Puts bytes in their place; throws when it lies outside. Several threads may write to different places.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(Pointer(offset, bytes.Length), bytes.Length));

    private protected override void Release() => _memory.Dispose();
}
