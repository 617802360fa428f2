using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>ggml-backend.h: buffer types, buffers, backends, devices, registries.</summary>
internal static unsafe partial class Native
{
    // --- buffer types
    [LibraryImport(Base)] internal static partial byte* ggml_backend_buft_name(nint buft);
    [LibraryImport(Base)] internal static partial nint ggml_backend_buft_alloc_buffer(nint buft, nuint size);
    [LibraryImport(Base)] internal static partial nuint ggml_backend_buft_get_alignment(nint buft);
    [LibraryImport(Base)] internal static partial nuint ggml_backend_buft_get_max_size(nint buft);
    [LibraryImport(Base)] internal static partial nuint ggml_backend_buft_get_alloc_size(nint buft, nint tensor);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_backend_buft_is_host(nint buft);
    [LibraryImport(Base)] internal static partial nint ggml_backend_cpu_buffer_type();
    [LibraryImport(Base)] internal static partial nint ggml_backend_cpu_buffer_from_ptr(void* ptr, nuint size);

    // --- buffers
    [LibraryImport(Base)] internal static partial void ggml_backend_buffer_free(nint buffer);
    [LibraryImport(Base)] internal static partial void* ggml_backend_buffer_get_base(BufferHandle buffer);
    [LibraryImport(Base)] internal static partial nuint ggml_backend_buffer_get_size(BufferHandle buffer);
    [LibraryImport(Base)] internal static partial void ggml_backend_buffer_clear(BufferHandle buffer, byte value);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_backend_buffer_is_host(BufferHandle buffer);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_backend_buffer_is_host(nint buffer);
    [LibraryImport(Base)] internal static partial void ggml_backend_buffer_set_usage(BufferHandle buffer, int usage);
    [LibraryImport(Base)] internal static partial int ggml_backend_tensor_alloc(BufferHandle buffer, nint tensor, void* addr);

    // --- tensor data
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_set_async(BackendHandle backend, nint tensor, void* data, nuint offset, nuint size);
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_set(nint tensor, void* data, nuint offset, nuint size);
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_get(nint tensor, void* data, nuint offset, nuint size);
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_set_2d(nint tensor, void* data, nuint offset, nuint size, nuint n_copies, nuint stride_tensor, nuint stride_data);
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_get_2d(nint tensor, void* data, nuint offset, nuint size, nuint n_copies, nuint stride_tensor, nuint stride_data);
    [LibraryImport(Base)] internal static partial void ggml_backend_tensor_copy(nint src, nint dst);

    // --- backends
    [LibraryImport(Base)] internal static partial byte* ggml_backend_name(BackendHandle backend);
    [LibraryImport(Base)] internal static partial void ggml_backend_free(nint backend);
    [LibraryImport(Base)] internal static partial nint ggml_backend_get_default_buffer_type(BackendHandle backend);
    [LibraryImport(Base)] internal static partial void ggml_backend_synchronize(BackendHandle backend);
    [LibraryImport(Base)] internal static partial int ggml_backend_graph_compute(BackendHandle backend, nint cgraph);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_backend_supports_op(BackendHandle backend, nint op);

    // --- events: order between two instances of one device
    [LibraryImport(Base)] internal static partial nint ggml_backend_event_new(nint device);
    [LibraryImport(Base)] internal static partial void ggml_backend_event_free(nint @event);
    [LibraryImport(Base)] internal static partial void ggml_backend_event_record(EventHandle @event, BackendHandle backend);
    [LibraryImport(Base)] internal static partial void ggml_backend_event_synchronize(EventHandle @event);
    [LibraryImport(Base)] internal static partial void ggml_backend_event_wait(BackendHandle backend, EventHandle @event);

    // --- devices
    [LibraryImport(Base)] internal static partial nint ggml_backend_dev_host_buffer_type(nint device);
    [LibraryImport(Base)] internal static partial byte* ggml_backend_dev_name(nint device);
    [LibraryImport(Base)] internal static partial byte* ggml_backend_dev_description(nint device);
    [LibraryImport(Base)] internal static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);
    [LibraryImport(Base)] internal static partial int ggml_backend_dev_type(nint device);
    [LibraryImport(Base)] internal static partial nint ggml_backend_dev_backend_reg(nint device);
    [LibraryImport(Base)] internal static partial nint ggml_backend_dev_init(nint device, byte* parameters);

    // --- registries: what a backend's library says of its devices
    [LibraryImport(Base)] internal static partial nuint ggml_backend_reg_dev_count(nint reg);
    [LibraryImport(Base)] internal static partial nint ggml_backend_reg_dev_get(nint reg, nuint index);
    [LibraryImport(Base)] internal static partial void* ggml_backend_reg_get_proc_address(nint reg, byte* name);
}

/// <summary>Functions that a backend hands out by name through <c>ggml_backend_reg_get_proc_address</c>.</summary>
internal static unsafe class BackendProcedures
{
    /// <summary><c>ggml_backend_set_n_threads</c>; null where the backend has no threads of its own.</summary>
    internal static delegate* unmanaged[Cdecl]<nint, int, void> SetThreads(nint reg)
    {
        fixed (byte* name = "ggml_backend_set_n_threads\0"u8)
            return (delegate* unmanaged[Cdecl]<nint, int, void>)Native.ggml_backend_reg_get_proc_address(reg, name);
    }

    /// <summary><c>ggml_backend_dev_get_extra_bufts</c>: a list that ends with 0 of a device's other kinds of memory; null where the backend has none.</summary>
    internal static delegate* unmanaged[Cdecl]<nint, nint*> ExtraBufferTypes(nint reg)
    {
        fixed (byte* name = "ggml_backend_dev_get_extra_bufts\0"u8)
            return (delegate* unmanaged[Cdecl]<nint, nint*>)Native.ggml_backend_reg_get_proc_address(reg, name);
    }
}
