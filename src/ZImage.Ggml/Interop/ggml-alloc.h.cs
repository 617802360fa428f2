using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>ggml-alloc.h: the graph allocator.</summary>
internal static unsafe partial class Native
{
    [LibraryImport(Base)] internal static partial nint ggml_gallocr_new(nint buft);
    [LibraryImport(Base)] internal static partial void ggml_gallocr_free(nint galloc);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_gallocr_reserve(AllocatorHandle galloc, nint graph);
    [LibraryImport(Base)] internal static partial void ggml_gallocr_reserve_n_size(AllocatorHandle galloc, nint graph, int* node_buffer_ids, int* leaf_buffer_ids, nuint* sizes);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_gallocr_alloc_graph(AllocatorHandle galloc, nint graph);
    [LibraryImport(Base)] internal static partial nuint ggml_gallocr_get_buffer_size(AllocatorHandle galloc, int buffer_id);
}
