using System.Runtime.InteropServices;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>
/// A ggml context without data (<c>no_alloc</c>): it holds the descriptions of tensors and graphs. The methods are ggml's
/// operations under C# names; each returns the tensor that will hold the result. Shapes are given in ggml's order, fastest axis first.
/// </summary>
public sealed unsafe class Context : IDisposable
{
    private readonly ContextHandle _handle;
    private readonly List<HostOperation> _operations = [];
    private readonly List<GCHandle> _references = [];

    /// <param name="tensors">How many tensors (operations included) the context can describe.</param>
    /// <param name="graphs">How many graphs of <paramref name="graphNodes"/> nodes are made in it.</param>
    /// <param name="graphNodes">Node capacity of each graph.</param>
    public Context(int tensors, int graphs = 0, int graphNodes = 0)
    {
        nuint bytes = (nuint)tensors * Native.ggml_tensor_overhead();
        if (graphs > 0)
            bytes += (nuint)graphs * Native.ggml_graph_overhead_custom((nuint)graphNodes, false);
        _handle = new ContextHandle(Native.ggml_init(new ggml_init_params { mem_size = bytes, no_alloc = true }));
        if (_handle.IsInvalid)
            throw new DeviceOutOfMemoryException("CPU", (long)bytes, "a graph description");
    }

    public void Dispose()
    {
        _handle.Dispose();
        _references.ForEach(reference => reference.Free());
        _references.Clear();
    }

    // --- tensors

    public Tensor NewTensor(GgmlType type, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1)
        => Made(Native.ggml_new_tensor_4d(_handle, type, ne0, ne1, ne2, ne3));

    /// <summary>
    /// A tensor [ne0, ne1, ne2] whose rows and planes lie so many bytes apart: a part of a larger tensor, without being a view of it, so that it can
    /// be given one place after the other with <see cref="Buffer.Move"/>.
    /// </summary>
    public Tensor NewWindow(GgmlType type, long ne0, long ne1, long ne2, long nb1, long nb2)
    {
        Tensor tensor = NewTensor(type, ne0, ne1, ne2);
        tensor.SetStrides(nb1, nb2);
        return tensor;
    }

    /// <summary>A named input of a graph.</summary>
    public Tensor Input(string name, GgmlType type, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1)
    {
        Tensor tensor = NewTensor(type, ne0, ne1, ne2, ne3).AsInput();
        tensor.Name = name;
        return tensor;
    }

    public Graph NewGraph(int nodes) => new(Native.ggml_new_graph_custom(_handle, (nuint)nodes, false), _operations);

    // --- arithmetic; the second operand is repeated over the first where its axes are 1

    public Tensor Add(Tensor a, Tensor b) => Made(Native.ggml_add(_handle, a.Handle, b.Handle));

    /// <summary>Adds b to a where a lies: nothing may read a as it was any more.</summary>
    public Tensor AddTo(Tensor a, Tensor b) => Made(Native.ggml_add_inplace(_handle, a.Handle, b.Handle));

    public Tensor Sub(Tensor a, Tensor b) => Made(Native.ggml_sub(_handle, a.Handle, b.Handle));

    public Tensor Mul(Tensor a, Tensor b) => Made(Native.ggml_mul(_handle, a.Handle, b.Handle));

    public Tensor Scale(Tensor a, float factor) => Made(Native.ggml_scale(_handle, a.Handle, factor));

    /// <summary>a * factor + bias.</summary>
    public Tensor Scale(Tensor a, float factor, float bias) => Made(Native.ggml_scale_bias(_handle, a.Handle, factor, bias));

    /// <summary>Sums along axis 0: [K, N] -> [1, N].</summary>
    public Tensor SumRows(Tensor a) => Made(Native.ggml_sum_rows(_handle, a.Handle));

    public Tensor Tanh(Tensor a) => Made(Native.ggml_tanh(_handle, a.Handle));

    public Tensor Silu(Tensor a) => Made(Native.ggml_silu(_handle, a.Handle));

    /// <summary>silu(a) * b.</summary>
    public Tensor Swiglu(Tensor a, Tensor b) => Made(Native.ggml_swiglu_split(_handle, a.Handle, b.Handle));

    /// <summary>silu(first half) * second half of axis 0.</summary>
    public Tensor Swiglu(Tensor halves) => Made(Native.ggml_swiglu(_handle, halves.Handle));

    // --- normalisation, along axis 0

    public Tensor LayerNorm(Tensor a, float eps) => Made(Native.ggml_norm(_handle, a.Handle, eps));

    public Tensor RmsNorm(Tensor a, float eps) => Made(Native.ggml_rms_norm(_handle, a.Handle, eps));

    // --- matrices

    /// <summary>
    /// [K, M] x [K, N] -> [M, N]; axes 2 and 3 of <paramref name="a"/> are repeated over those of <paramref name="b"/>. Sums are F32 on every
    /// device: sums in F16 overflow in this model.
    /// </summary>
    public Tensor MulMat(Tensor a, Tensor b)
    {
        nint product = Native.ggml_mul_mat(_handle, a.Handle, b.Handle);
        if (product != 0)
            Native.ggml_mul_mat_set_prec(product, Native.GGML_PREC_F32);
        return Made(product);
    }

    /// <summary>[M, K] x [N, K] -> [M, N], in F32 and for each of axes 2 and 3: with <paramref name="b"/> of ones, the sums along axis 1.</summary>
    public Tensor OuterProduct(Tensor a, Tensor b) => Made(Native.ggml_out_prod(_handle, a.Handle, b.Handle));

    /// <summary>An operation of our own, for graphs of the CPU alone: a result [ne0, ne1, ne2] of F32, and operands of F32 or F16, all contiguous.</summary>
    public Tensor Custom(HostOperation operation, long ne0, long ne1, long ne2, params ReadOnlySpan<Tensor> operands)
    {
        nint* sources = stackalloc nint[operands.Length];
        HandlesOf(operands, new Span<nint>(sources, operands.Length));
        return Made(Native.ggml_custom_4d(_handle, GgmlType.F32, ne0, ne1, ne2, 1, sources, operands.Length, &HostOperation.Run, Native.GGML_N_TASKS_MAX, Hold(operation)));
    }

    /// <summary>The same with its result where a tensor lies, which is its first operand too.</summary>
    public Tensor CustomTo(HostOperation operation, Tensor target, params ReadOnlySpan<Tensor> operands)
    {
        nint* sources = stackalloc nint[operands.Length];
        HandlesOf(operands, new Span<nint>(sources, operands.Length));
        return Made(Native.ggml_custom_inplace(_handle, target.Handle, sources, operands.Length, &HostOperation.Run, Native.GGML_N_TASKS_MAX, Hold(operation)));
    }

    // --- layout

    /// <summary>A new F32 tensor whose elements are all the same.</summary>
    public Tensor Filled(float value, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1)
        => Made(Native.ggml_fill_inplace(_handle, NewTensor(GgmlType.F32, ne0, ne1, ne2, ne3).Handle, value));

    public Tensor Cont(Tensor a) => Made(Native.ggml_cont(_handle, a.Handle));

    public Tensor Cont(Tensor a, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1) => Made(Native.ggml_cont_4d(_handle, a.Handle, ne0, ne1, ne2, ne3));

    public Tensor Cast(Tensor a, GgmlType type) => Made(Native.ggml_cast(_handle, a.Handle, type));

    public Tensor Copy(Tensor source, Tensor target) => Made(Native.ggml_cpy(_handle, source.Handle, target.Handle));

    public Tensor Reshape(Tensor a, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1) => Made(Native.ggml_reshape_4d(_handle, a.Handle, ne0, ne1, ne2, ne3));

    /// <summary>A window with strides and offset in bytes.</summary>
    public Tensor View(Tensor a, long ne0, long ne1, long ne2, long ne3, long nb1, long nb2, long nb3, long offset)
        => Made(Native.ggml_view_4d(_handle, a.Handle, ne0, ne1, ne2, ne3, (nuint)nb1, (nuint)nb2, (nuint)nb3, (nuint)offset));

    /// <summary>Rows [first, first + count) along axis 1.</summary>
    public Tensor Rows(Tensor a, long first, long count)
        => View(a, a.Ne(0), count, a.Ne(2), a.Ne(3), a.Nb(1), a.Nb(2), a.Nb(3), first * a.Nb(1));

    /// <summary>Axis i of <paramref name="a"/> becomes the axis given in place i.</summary>
    public Tensor Permute(Tensor a, int axis0, int axis1, int axis2, int axis3) => Made(Native.ggml_permute(_handle, a.Handle, axis0, axis1, axis2, axis3));

    public Tensor Concat(Tensor a, Tensor b, int axis) => Made(Native.ggml_concat(_handle, a.Handle, b.Handle, axis));

    /// <summary>All of them along an axis, in pairs, so that no value is copied more than log2(count) times.</summary>
    public Tensor Concat(IReadOnlyList<Tensor> tensors, int axis)
    {
        while (tensors.Count > 1)
            tensors = [.. tensors.Chunk(2).Select(pair => pair.Length == 2 ? Concat(pair[0], pair[1], axis) : pair[0])];
        return tensors[0];
    }

    public Tensor Repeat(Tensor a, long ne0, long ne1 = 1, long ne2 = 1, long ne3 = 1) => Made(Native.ggml_repeat_4d(_handle, a.Handle, ne0, ne1, ne2, ne3));

    /// <summary>Rows of <paramref name="a"/> chosen by I32 indices, as F32.</summary>
    public Tensor GetRows(Tensor a, Tensor indices) => Made(Native.ggml_get_rows(_handle, a.Handle, indices.Handle));

    /// <summary>Zeros at the ends of axes 0 and 1: left0, right0, left1, right1.</summary>
    public Tensor Pad(Tensor a, int left0, int right0, int left1, int right1)
        => Made(Native.ggml_pad_ext(_handle, a.Handle, left0, right0, left1, right1, 0, 0, 0, 0));

    /// <summary>Nearest-neighbour enlargement of axes 0 and 1.</summary>
    public Tensor UpscaleNearest(Tensor a, int factor) => Made(Native.ggml_upscale(_handle, a.Handle, factor, Native.GGML_SCALE_MODE_NEAREST));

    // --- attention

    /// <summary>softmax(a * scale + mask) along axis 0; the mask may be none.</summary>
    public Tensor SoftMax(Tensor a, Tensor mask, float scale) => Made(Native.ggml_soft_max_ext(_handle, a.Handle, mask.Handle, scale, 0));

    /// <summary>
    /// Rotary embedding of the first <paramref name="dimensions"/> elements after <paramref name="offset"/> on axis 0 of
    /// [head_dim, heads, tokens], by I32 positions [tokens].
    /// </summary>
    public Tensor Rope(Tensor a, Tensor positions, int dimensions, RopePairs pairs, float theta, int offset = 0)
    {
        nint rotated = Native.ggml_rope_ext(_handle, a.Handle, positions.Handle, 0, dimensions,
            pairs == RopePairs.Interleaved ? Native.GGML_ROPE_TYPE_NORMAL : Native.GGML_ROPE_TYPE_NEOX, 0, theta, 1, 0, 1, 0, 0);
        if (offset != 0)
            rotated = Native.ggml_rope_set_offset(rotated, offset);
        return Made(rotated);
    }

    /// <summary>
    /// Rotary embedding of whole heads [head_dim, heads, tokens] along several axes at once: elements j and j + head_dim/2 are turned by
    /// position * theta^(-2j / head_dim) / factors[j].
    /// </summary>
    /// <param name="a">The heads.</param>
    /// <param name="positions">I32 [4 * tokens]: those along the first axis, then those along the next.</param>
    /// <param name="factors">F32 [head_dim / 2].</param>
    /// <param name="pairs">How many pairs are turned along each axis; together head_dim / 2.</param>
    /// <param name="theta">The base.</param>
    public Tensor Rope(Tensor a, Tensor positions, Tensor factors, (int First, int Second, int Third) pairs, float theta)
    {
        int* sections = stackalloc int[4] { pairs.First, pairs.Second, pairs.Third, 0 };
        return Made(Native.ggml_rope_multi(_handle, a.Handle, positions.Handle, factors.Handle, (int)a.Ne(0), sections, Native.GGML_ROPE_TYPE_MROPE, 0, theta, 1, 0, 1, 0, 0));
    }

    /// <summary>
    /// Attention without materialised scores: q [d, tokens, heads, 1], k and v [d, kv_tokens, kv_heads, 1], mask F16 [kv_tokens, tokens] or none;
    /// the result is [d, heads, tokens, 1], F32.
    /// </summary>
    public Tensor FlashAttention(Tensor q, Tensor k, Tensor v, Tensor mask, float scale)
    {
        nint result = Native.ggml_flash_attn_ext(_handle, q.Handle, k.Handle, v.Handle, mask.Handle, scale, 0, 0);
        Native.ggml_flash_attn_ext_set_prec(result, Native.GGML_PREC_F32);
        return Made(result);
    }

    /// <summary>[cos(t f_j), sin(t f_j)], f_j = maxPeriod^(-j / (dimensions / 2)).</summary>
    public Tensor TimestepEmbedding(Tensor timesteps, int dimensions, int maxPeriod)
        => Made(Native.ggml_timestep_embedding(_handle, timesteps.Handle, dimensions, maxPeriod));

    // --- convolution

    /// <summary>Patches of b [W, H, C, N] under kernel a [KW, KH, C, OC]: [KW*KH*C, OW, OH, N].</summary>
    public Tensor Im2Col(Tensor kernel, Tensor b, int stride, int paddingX, int paddingY, GgmlType type)
        => Made(Native.ggml_im2col(_handle, kernel.Handle, b.Handle, stride, stride, paddingX, paddingY, 1, 1, true, type));

    /// <summary>The convolution of b [W, H, C, N] with kernel a [KW, KH, C, OC], without gathered patches: [OW, OH, OC, N].</summary>
    public Tensor Conv2D(Tensor kernel, Tensor b, int stride, int paddingX, int paddingY)
        => Made(Native.ggml_conv_2d_direct(_handle, kernel.Handle, b.Handle, stride, stride, paddingX, paddingY, 1, 1));

    private static void HandlesOf(ReadOnlySpan<Tensor> operands, Span<nint> handles)
    {
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].Type is not (GgmlType.F32 or GgmlType.F16) || !operands[i].IsContiguous)
                throw new ArgumentException($"{operands[i]} is not a contiguous tensor of F32 or F16.", nameof(operands));
            handles[i] = operands[i].Handle;
        }
    }

    // The operation lives as long as the graph that calls it.
    private nint Hold(HostOperation operation)
    {
        GCHandle reference = GCHandle.Alloc(operation);
        _operations.Add(operation);
        _references.Add(reference);
        return GCHandle.ToIntPtr(reference);
    }

    private static Tensor Made(nint tensor)
        => tensor != 0 ? new Tensor(tensor) : throw new InvalidOperationException("ggml made no tensor: the context is full.");
}

/// <summary>Which elements a rotary embedding turns together.</summary>
public enum RopePairs
{
    /// <summary>2j and 2j+1.</summary>
    Interleaved,

    /// <summary>j and j + dimensions/2.</summary>
    HalfSplit,
}
