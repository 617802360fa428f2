using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>
/// Owner of one native object. After a native abort the object is left alone: threads of ggml may still be using it.
/// </summary>
internal abstract class GgmlHandle : SafeHandle
{
    private readonly NativeThread? _thread = NativeThread.Current;

    protected GgmlHandle(nint handle) : base(0, ownsHandle: true) => SetHandle(handle);

    public override bool IsInvalid => handle == 0;

    protected sealed override bool ReleaseHandle()
    {
        if (_thread is not { HasFaulted: true })
            Free(handle);
        return true;
    }

    protected abstract void Free(nint handle);
}

internal sealed class ContextHandle(nint handle) : GgmlHandle(handle)
{
    protected override void Free(nint handle) => Native.ggml_free(handle);
}

internal sealed class BackendHandle(nint handle) : GgmlHandle(handle)
{
    protected override void Free(nint handle) => Native.ggml_backend_free(handle);
}

internal sealed class BufferHandle(nint handle) : GgmlHandle(handle)
{
    protected override void Free(nint handle) => Native.ggml_backend_buffer_free(handle);
}

internal sealed class AllocatorHandle(nint handle) : GgmlHandle(handle)
{
    protected override void Free(nint handle) => Native.ggml_gallocr_free(handle);
}

internal sealed class EventHandle(nint handle) : GgmlHandle(handle)
{
    protected override void Free(nint handle) => Native.ggml_backend_event_free(handle);
}

/// <summary>Memory of the process, from the system.</summary>
internal sealed unsafe class HostMemoryHandle : SafeHandle
{
    // Of a large page: with fewer pages the memory is there sooner, and read faster.
    private const nuint Alignment = 2 << 20;

    /// <exception cref="OutOfMemoryException">There is no room.</exception>
    public HostMemoryHandle(long bytes) : base(0, ownsHandle: true) => SetHandle((nint)NativeMemory.AlignedAlloc((nuint)bytes, Alignment));

    public override bool IsInvalid => handle == 0;

    public byte* Start => (byte*)handle;

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
