using System.Runtime.InteropServices;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>A kind of memory: host, or that of a device.</summary>
public readonly unsafe struct BufferType
{
    private const string RepackedName = "CPU_REPACK";

    internal BufferType(nint handle) => Handle = handle;

    internal nint Handle { get; }

    /// <summary>Host memory that the CPU backend computes from.</summary>
    public static BufferType Host => new(Native.ggml_backend_cpu_buffer_type());

    /// <summary>Host memory that a device copies from fastest (pinned); <see cref="Host"/> where it has none.</summary>
    public static BufferType PinnedFor(Device device)
    {
        nint type = Native.ggml_backend_dev_host_buffer_type(device.Handle);
        return type == 0 ? Host : new BufferType(type);
    }

    /// <summary>
    /// Memory of the CPU in which a quantised matrix is kept in the order of the processor's kernels: <see cref="Tensor.Set"/> brings it into that
    /// order where <see cref="Backend.Supports"/> says that the CPU multiplies it from there. Null where there is none.
    /// </summary>
    public static BufferType? RepackedFor(Device device)
    {
        var list = BackendProcedures.ExtraBufferTypes(device.Registry);
        for (nint* type = list is null ? null : list(device.Handle); type is not null && *type != 0; type++)
        {
            if (new BufferType(*type).IsRepacked)
                return new BufferType(*type);
        }
        return null;
    }

    public string Name => Marshal.PtrToStringUTF8((nint)Native.ggml_backend_buft_name(Handle)) ?? "";

    /// <summary>Tensors start at multiples of it, in bytes.</summary>
    public long Alignment => (long)Native.ggml_backend_buft_get_alignment(Handle);

    /// <summary>Largest single buffer in bytes.</summary>
    public long MaxBytes
    {
        get
        {
            nuint max = Native.ggml_backend_buft_get_max_size(Handle);
            return max > long.MaxValue ? long.MaxValue : (long)max;
        }
    }

    /// <summary>Whether programs may read and write tensors there by address, whatever their type.</summary>
    public bool IsHost => Native.ggml_backend_buft_is_host(Handle);

    /// <summary>Whether it is that of <see cref="RepackedFor"/>: the host's memory, but for the order of the matrices.</summary>
    public bool IsRepacked => Name == RepackedName;

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    public long AlignUp(long bytes)
    {
        long alignment = Alignment;
        return (bytes + alignment - 1) / alignment * alignment;
    }

    /// <summary>Bytes a tensor takes in such a buffer, padding of quantised rows included.</summary>
    public long AllocationBytes(Tensor tensor) => (long)Native.ggml_backend_buft_get_alloc_size(Handle, tensor.Handle);
}

/// <summary>A block of memory of one type, in which tensors are placed.</summary>
public sealed unsafe class Buffer : IDisposable
{
    private const int UsageWeights = 1;

    private readonly BufferHandle _handle;
    private readonly MappedFile? _file;
    private readonly bool _hasAddresses;

    private Buffer(nint handle, MappedFile? file, bool isRepacked = false)
    {
        _handle = new BufferHandle(handle);
        _file = file;
        _hasAddresses = isRepacked || Native.ggml_backend_buffer_is_host(_handle);
    }

    /// <summary>Allocates <paramref name="bytes"/> for weights. A device's are zeroed, because it pads quantised rows, and padding must not hold NaN; host memory has no padding.</summary>
    public static Buffer Allocate(BufferType type, long bytes, string purpose)
    {
        nint handle = Native.ggml_backend_buft_alloc_buffer(type.Handle, (nuint)bytes);
        if (handle == 0)
            throw new DeviceOutOfMemoryException(type.Name, bytes, purpose);
        var buffer = new Buffer(handle, null, type.IsRepacked);
        Native.ggml_backend_buffer_set_usage(buffer._handle, UsageWeights);
        if (!buffer._hasAddresses)
            Native.ggml_backend_buffer_clear(buffer._handle, 0);
        else
            SystemMemory.PreferLargePages(Native.ggml_backend_buffer_get_base(buffer._handle), bytes);
        return buffer;
    }

    /// <summary>A whole mapped file as a buffer of the CPU: weights are used where they lie. The file must outlive it.</summary>
    public static Buffer FromFile(MappedFile file)
    {
        nint handle = Native.ggml_backend_cpu_buffer_from_ptr(file.Pointer(0, file.Length), (nuint)file.Length);
        if (handle == 0)
            throw new DeviceOutOfMemoryException("CPU", 0, "a view of " + file.Path);
        var buffer = new Buffer(handle, file);
        Native.ggml_backend_buffer_set_usage(buffer._handle, UsageWeights);
        return buffer;
    }

    /// <summary>
    /// A buffer without memory: tensors that belong to it count as placed, so that graphs which use them can be measured before they are.
    /// </summary>
    public static Buffer Placeholder(BufferType type) => new(Native.ggml_backend_buft_alloc_buffer(type.Handle, 0), null);

    public long Bytes => (long)Native.ggml_backend_buffer_get_size(_handle);

    public bool IsHost => Native.ggml_backend_buffer_is_host(_handle);

    /// <summary>Gives a tensor its place, <paramref name="offset"/> bytes from the start.</summary>
    public void Place(Tensor tensor, long offset)
    {
        if (offset < 0 || offset > Bytes - tensor.Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"'{tensor.Name}' does not fit at {offset} in {Bytes} bytes.");
        if (_file is not null)
            _ = _file.Pointer(offset, tensor.Bytes);
        byte* start = (byte*)Native.ggml_backend_buffer_get_base(_handle);
        // ggml wants a tensor without a place; a weight that moves has had one.
        tensor.SetPlace(0, 0);
        int status = Native.ggml_backend_tensor_alloc(_handle, tensor.Handle, start + offset);
        if (status != 0)
            throw new InvalidOperationException($"ggml refused to place '{tensor.Name}' (status {status}).");
    }

    /// <summary>
    /// Gives a tensor that has a place another one, of a graph that has been placed already too: nothing that is computed may be a view of it, but
    /// for copies into it, which move as it does.
    /// </summary>
    public void Move(Tensor tensor, long offset)
    {
        if (offset < 0 || offset > Bytes - tensor.Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset), $"'{tensor.Name}' does not fit at {offset} in {Bytes} bytes.");
        tensor.SetPlace(_handle.DangerousGetHandle(), (nint)((byte*)Native.ggml_backend_buffer_get_base(_handle) + offset));
    }

    /// <summary>Gives a tensor no place but this buffer, which has no memory; a place that it had is forgotten.</summary>
    public void Announce(Tensor tensor) => tensor.SetPlace(_handle.DangerousGetHandle(), 0);

    /// <summary>Bytes of host memory; throws when they lie outside it.</summary>
    public Span<byte> Span(long offset, int length)
        => offset >= 0 && length >= 0 && offset <= Bytes - length
            ? new Span<byte>(HostPointer(Bytes) + offset, length)
            : throw new ArgumentOutOfRangeException(nameof(offset), $"{length} bytes from {offset} on do not lie inside {Bytes} bytes.");

    internal byte* HostPointer(long bytes)
    {
        if (!_hasAddresses || bytes > Bytes)
            throw new InvalidOperationException($"There are no {bytes} bytes of host memory in this buffer.");
        return (byte*)Native.ggml_backend_buffer_get_base(_handle);
    }

    public void Dispose() => _handle.Dispose();
}
