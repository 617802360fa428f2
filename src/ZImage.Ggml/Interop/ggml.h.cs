using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace ZImage.Ggml.Interop;

/// <summary>ggml.h: contexts, tensors, operations. C names unchanged; pointers are opaque <c>nint</c>.</summary>
internal static unsafe partial class Native
{
    internal const string Base = "ggml-base";

    internal const int GGML_PREC_F32 = 10;
    internal const int GGML_N_TASKS_MAX = -1;
    internal const int GGML_ROPE_TYPE_NORMAL = 0;
    internal const int GGML_ROPE_TYPE_NEOX = 2;
    internal const int GGML_ROPE_TYPE_MROPE = 8;
    internal const int GGML_SCALE_MODE_NEAREST = 0;

    static Native() => Libraries.Install();

    // --- misc
    [LibraryImport(Base)] internal static partial byte* ggml_version();
    [LibraryImport(Base)] internal static partial nint ggml_set_abort_callback(delegate* unmanaged[Cdecl]<byte*, void> callback);
    [LibraryImport(Base)] internal static partial void ggml_log_set(delegate* unmanaged[Cdecl]<int, byte*, void*, void> log_callback, void* user_data);

    [LibraryImport(Base)] internal static partial long ggml_blck_size(GgmlType type);
    [LibraryImport(Base)] internal static partial nuint ggml_type_size(GgmlType type);
    [LibraryImport(Base)] internal static partial byte* ggml_type_name(GgmlType type);
    [LibraryImport(Base)] internal static partial byte* ggml_op_desc(nint t);
    [LibraryImport(Base)] internal static partial long ggml_nelements(nint tensor);
    [LibraryImport(Base)] internal static partial nuint ggml_nbytes(nint tensor);
    [LibraryImport(Base)][return: MarshalAs(UnmanagedType.U1)] internal static partial bool ggml_is_contiguous(nint tensor);
    [LibraryImport(Base)] internal static partial nuint ggml_tensor_overhead();
    [LibraryImport(Base)] internal static partial nuint ggml_quantize_chunk(GgmlType type, float* src, void* dst, long start, long nrows, long n_per_row, float* imatrix);
    [LibraryImport(Base)] internal static partial ggml_type_traits* ggml_get_type_traits(GgmlType type);

    // --- context
    [LibraryImport(Base)] internal static partial nint ggml_init(ggml_init_params parameters);
    [LibraryImport(Base)] internal static partial void ggml_free(nint ctx);

    // --- tensors
    [LibraryImport(Base)] internal static partial nint ggml_new_tensor_4d(ContextHandle ctx, GgmlType type, long ne0, long ne1, long ne2, long ne3);
    [LibraryImport(Base)] internal static partial nint ggml_set_name(nint tensor, byte* name);
    [LibraryImport(Base)] internal static partial byte* ggml_get_name(nint tensor);
    [LibraryImport(Base)] internal static partial void ggml_set_input(nint tensor);
    [LibraryImport(Base)] internal static partial void ggml_set_output(nint tensor);

    // --- arithmetic
    [LibraryImport(Base)] internal static partial nint ggml_add(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_add_inplace(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_sub(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_mul(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_scale(ContextHandle ctx, nint a, float s);
    [LibraryImport(Base)] internal static partial nint ggml_scale_bias(ContextHandle ctx, nint a, float s, float b);
    [LibraryImport(Base)] internal static partial nint ggml_sum_rows(ContextHandle ctx, nint a);
    [LibraryImport(Base)] internal static partial nint ggml_fill_inplace(ContextHandle ctx, nint a, float c);
    [LibraryImport(Base)] internal static unsafe partial nint ggml_custom_4d(ContextHandle ctx, GgmlType type, long ne0, long ne1, long ne2, long ne3, nint* args, int n_args, delegate* unmanaged[Cdecl]<ggml_tensor*, int, int, nint, void> fun, int n_tasks, nint userdata);
    [LibraryImport(Base)] internal static unsafe partial nint ggml_custom_inplace(ContextHandle ctx, nint a, nint* args, int n_args, delegate* unmanaged[Cdecl]<ggml_tensor*, int, int, nint, void> fun, int n_tasks, nint userdata);
    [LibraryImport(Base)] internal static partial nint ggml_out_prod(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_tanh(ContextHandle ctx, nint a);
    [LibraryImport(Base)] internal static partial nint ggml_silu(ContextHandle ctx, nint a);
    [LibraryImport(Base)] internal static partial nint ggml_swiglu(ContextHandle ctx, nint a);
    [LibraryImport(Base)] internal static partial nint ggml_swiglu_split(ContextHandle ctx, nint a, nint b);

    // --- normalisation
    [LibraryImport(Base)] internal static partial nint ggml_norm(ContextHandle ctx, nint a, float eps);
    [LibraryImport(Base)] internal static partial nint ggml_rms_norm(ContextHandle ctx, nint a, float eps);

    // --- matrices
    [LibraryImport(Base)] internal static partial nint ggml_mul_mat(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial void ggml_mul_mat_set_prec(nint a, int prec);

    // --- layout
    [LibraryImport(Base)] internal static partial nint ggml_cont(ContextHandle ctx, nint a);
    [LibraryImport(Base)] internal static partial nint ggml_cont_4d(ContextHandle ctx, nint a, long ne0, long ne1, long ne2, long ne3);
    [LibraryImport(Base)] internal static partial nint ggml_cast(ContextHandle ctx, nint a, GgmlType type);
    [LibraryImport(Base)] internal static partial nint ggml_cpy(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_reshape_4d(ContextHandle ctx, nint a, long ne0, long ne1, long ne2, long ne3);
    [LibraryImport(Base)] internal static partial nint ggml_view_4d(ContextHandle ctx, nint a, long ne0, long ne1, long ne2, long ne3, nuint nb1, nuint nb2, nuint nb3, nuint offset);
    [LibraryImport(Base)] internal static partial nint ggml_permute(ContextHandle ctx, nint a, int axis0, int axis1, int axis2, int axis3);
    [LibraryImport(Base)] internal static partial nint ggml_concat(ContextHandle ctx, nint a, nint b, int dim);
    [LibraryImport(Base)] internal static partial nint ggml_repeat_4d(ContextHandle ctx, nint a, long ne0, long ne1, long ne2, long ne3);
    [LibraryImport(Base)] internal static partial nint ggml_get_rows(ContextHandle ctx, nint a, nint b);
    [LibraryImport(Base)] internal static partial nint ggml_pad_ext(ContextHandle ctx, nint a, int lp0, int rp0, int lp1, int rp1, int lp2, int rp2, int lp3, int rp3);
    [LibraryImport(Base)] internal static partial nint ggml_upscale(ContextHandle ctx, nint a, int scale_factor, int mode);

    // --- attention
    [LibraryImport(Base)] internal static partial nint ggml_soft_max_ext(ContextHandle ctx, nint a, nint mask, float scale, float max_bias);
    [LibraryImport(Base)] internal static partial nint ggml_rope_ext(ContextHandle ctx, nint a, nint b, nint c, int n_dims, int mode, int n_ctx_orig, float freq_base, float freq_scale, float ext_factor, float attn_factor, float beta_fast, float beta_slow);
    [LibraryImport(Base)] internal static unsafe partial nint ggml_rope_multi(ContextHandle ctx, nint a, nint b, nint c, int n_dims, int* sections, int mode, int n_ctx_orig, float freq_base, float freq_scale, float ext_factor, float attn_factor, float beta_fast, float beta_slow);
    [LibraryImport(Base)] internal static partial nint ggml_rope_set_offset(nint a, int n_offs);
    [LibraryImport(Base)] internal static partial nint ggml_flash_attn_ext(ContextHandle ctx, nint q, nint k, nint v, nint mask, float scale, float max_bias, float logit_softcap);
    [LibraryImport(Base)] internal static partial void ggml_flash_attn_ext_set_prec(nint a, int prec);
    [LibraryImport(Base)] internal static partial nint ggml_timestep_embedding(ContextHandle ctx, nint timesteps, int dim, int max_period);

    // --- convolution
    [LibraryImport(Base)] internal static partial nint ggml_im2col(ContextHandle ctx, nint a, nint b, int s0, int s1, int p0, int p1, int d0, int d1, [MarshalAs(UnmanagedType.U1)] bool is_2D, GgmlType dst_type);

    [LibraryImport(Base)] internal static partial nint ggml_conv_2d_direct(ContextHandle ctx, nint a, nint b, int s0, int s1, int p0, int p1, int d0, int d1);

    // --- graphs
    [LibraryImport(Base)] internal static partial nint ggml_new_graph_custom(ContextHandle ctx, nuint size, [MarshalAs(UnmanagedType.U1)] bool grads);
    [LibraryImport(Base)] internal static partial nuint ggml_graph_overhead_custom(nuint size, [MarshalAs(UnmanagedType.U1)] bool grads);
    [LibraryImport(Base)] internal static partial void ggml_build_forward_expand(nint cgraph, nint tensor);
    [LibraryImport(Base)] internal static partial void ggml_graph_add_node(nint cgraph, nint tensor);
    [LibraryImport(Base)] internal static partial void ggml_graph_clear(nint cgraph);
    [LibraryImport(Base)] internal static partial int ggml_graph_n_nodes(nint cgraph);
    [LibraryImport(Base)] internal static partial nint ggml_graph_node(nint cgraph, int i);
}

/// <summary><c>struct ggml_init_params</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ggml_init_params
{
    internal nuint mem_size;
    internal nint mem_buffer;
    [MarshalAs(UnmanagedType.U1)] internal bool no_alloc;
}

/// <summary><c>struct ggml_tensor</c>, read for shape, strides, operands and placement; written by ggml, but for the place of a weight that moves.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ggml_tensor
{
    internal GgmlType type;
    internal nint buffer;
    internal fixed long ne[4];
    internal fixed ulong nb[4];
    internal int op;
    internal fixed int op_params[16];
    internal int flags;
    internal fixed ulong src[10];
    internal nint view_src;
    internal nuint view_offs;
    internal nint data;
    internal fixed byte name[64];
    internal nint extra;
    internal fixed byte padding[8];
}

/// <summary><c>struct ggml_type_traits</c>, for the conversion of rows to float.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ggml_type_traits
{
    internal byte* type_name;
    internal long blck_size;
    internal long blck_size_interleave;
    internal nuint type_size;
    [MarshalAs(UnmanagedType.U1)] internal bool is_quantized;
    internal delegate* unmanaged[Cdecl]<void*, float*, long, void> to_float;
    internal delegate* unmanaged[Cdecl]<float*, void*, long, void> from_float_ref;
}
