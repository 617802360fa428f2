using System.Runtime.InteropServices;
using System.Text;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>A tensor of ggml. It is a reference: the context that made it owns it.</summary>
public readonly unsafe struct Tensor : IEquatable<Tensor>
{
    internal Tensor(nint handle) => Handle = handle;

    internal nint Handle { get; }

    /// <summary>True for the default value: no tensor, as an optional operand.</summary>
    public bool IsNone => Handle == 0;

    private ggml_tensor* Struct => (ggml_tensor*)Handle;

    public GgmlType Type => Struct->type;

    /// <summary>Elements along axis 0 to 3; axis 0 is the fastest.</summary>
    public long Ne(int axis) => Struct->ne[Check(axis)];

    /// <summary>Bytes from one element (axis 0: block) to the next along an axis.</summary>
    public long Nb(int axis) => (long)Struct->nb[Check(axis)];

    public long Elements => Native.ggml_nelements(Handle);

    /// <summary>Bytes of the data, as stored.</summary>
    public long Bytes => (long)Native.ggml_nbytes(Handle);

    public bool IsContiguous => Native.ggml_is_contiguous(Handle);

    /// <summary>True once the tensor has a place in a buffer.</summary>
    public bool IsPlaced => Struct->buffer != 0;

    /// <summary>The operation that computes it, as ggml names it.</summary>
    public string Operation => Marshal.PtrToStringUTF8((nint)Native.ggml_op_desc(Handle)) ?? "";

    /// <summary>Whether it is computed: not a value, nor another shape of one.</summary>
    public bool IsComputed => Operation is not ("NONE" or "VIEW" or "RESHAPE" or "PERMUTE" or "TRANSPOSE");

    /// <summary>Bytes that its computation reads and writes when each operand is read once.</summary>
    public long TouchedBytes
    {
        get
        {
            long bytes = Bytes;
            for (int i = 0; i < 4; i++)
                bytes += Struct->src[i] == 0 ? 0 : Source(i).Bytes;
            return bytes;
        }
    }

    public string Name
    {
        get => Marshal.PtrToStringUTF8((nint)Native.ggml_get_name(Handle)) ?? "";
        set
        {
            fixed (byte* name = Encoding.UTF8.GetBytes(value + "\0"))
                Native.ggml_set_name(Handle, name);
        }
    }

    /// <summary>Marks the tensor as an input: it gets a place before anything is computed.</summary>
    public Tensor AsInput()
    {
        Native.ggml_set_input(Handle);
        return this;
    }

    /// <summary>Marks the tensor as an output: its place is not reused by later nodes.</summary>
    public Tensor AsOutput()
    {
        Native.ggml_set_output(Handle);
        return this;
    }

    /// <summary>Floating-point operations of its computation, if it is a matrix product, a convolution, attention or an operation of ours; 0 for all else, which moves memory.</summary>
    public double Flops
    {
        get
        {
            double results = Elements;
            return Operation switch
            {
                "MUL_MAT" => 2 * results * Source(0).Ne(0),
                "CUSTOM" => HostOperation.FlopsOf(Struct),
                // A kernel [KW, KH, IC, OC].
                "CONV_2D" => 2 * results * Source(0).Ne(0) * Source(0).Ne(1) * Source(0).Ne(2),
                // Two products of queries and keys or values; the result has a head's width on its first axis.
                "FLASH_ATTN_EXT" => 4 * results * Source(1).Ne(1),
                _ => 0,
            };
        }
    }

    /// <summary>Copies data into the tensor, from its first byte on. The tensor must be placed.</summary>
    public void Set<T>(ReadOnlySpan<T> data) where T : unmanaged
    {
        long bytes = (long)data.Length * sizeof(T);
        CheckTransfer(bytes);
        fixed (T* source = data)
            Native.ggml_backend_tensor_set(Handle, source, 0, (nuint)bytes);
    }

    /// <summary>Copies data out of the tensor, from its first byte on.</summary>
    public void Get<T>(Span<T> data) where T : unmanaged
    {
        long bytes = (long)data.Length * sizeof(T);
        CheckTransfer(bytes);
        fixed (T* target = data)
            Native.ggml_backend_tensor_get(Handle, target, 0, (nuint)bytes);
    }

    /// <summary>Copies pieces of another tensor to pieces of this one, each at even distances; one of the two is in host memory. All in bytes.</summary>
    /// <param name="source">A placed tensor.</param>
    /// <param name="from">First byte of the first piece in the source.</param>
    /// <param name="sourceStride">From one piece to the next in the source.</param>
    /// <param name="to">First byte of the first piece here.</param>
    /// <param name="stride">From one piece to the next here.</param>
    /// <param name="bytes">Size of a piece.</param>
    /// <param name="pieces">How many.</param>
    public void CopyPieces(Tensor source, long from, long sourceStride, long to, long stride, long bytes, long pieces)
    {
        source.CheckPieces(from, sourceStride, bytes, pieces);
        CheckPieces(to, stride, bytes, pieces);
        if (source.IsOnHost)
            Native.ggml_backend_tensor_set_2d(Handle, (byte*)source.Struct->data + from, (nuint)to, (nuint)bytes, (nuint)pieces, (nuint)stride, (nuint)sourceStride);
        else if (IsOnHost)
            Native.ggml_backend_tensor_get_2d(source.Handle, (byte*)Struct->data + to, (nuint)from, (nuint)bytes, (nuint)pieces, (nuint)sourceStride, (nuint)stride);
        else
            throw new InvalidOperationException($"Neither '{source.Name}' nor '{Name}' is in host memory.");
    }

    /// <summary>All elements of a contiguous F32 tensor.</summary>
    public float[] ToFloats()
    {
        if (Type != GgmlType.F32 || !IsContiguous)
            throw new InvalidOperationException($"'{Name}' is not a contiguous F32 tensor.");
        var data = new float[Elements];
        Get<float>(data);
        return data;
    }

    public bool Equals(Tensor other) => Handle == other.Handle;

    public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

    public override int GetHashCode() => Handle.GetHashCode();

    public override string ToString() => IsNone ? "none" : $"{Name} {Type} [{Ne(0)}, {Ne(1)}, {Ne(2)}, {Ne(3)}]";

    internal void SetPlace(nint buffer, nint data)
    {
        Struct->buffer = buffer;
        Struct->data = data;
    }

    internal void SetStrides(long nb1, long nb2)
    {
        Struct->nb[1] = (ulong)nb1;
        Struct->nb[2] = (ulong)nb2;
        Struct->nb[3] = (ulong)(nb2 * Ne(2));
    }

    private nint PlaceBuffer => Struct->view_src == 0 ? Struct->buffer : ((ggml_tensor*)Struct->view_src)->buffer;

    private bool IsOnHost => Native.ggml_backend_buffer_is_host(PlaceBuffer);

    private void CheckPieces(long offset, long stride, long bytes, long pieces)
    {
        if (PlaceBuffer == 0 || Struct->data == 0)
            throw new InvalidOperationException($"'{Name}' has no place in a buffer.");
        if (offset < 0 || bytes < 0 || pieces < 1 || stride < 0 || offset + (pieces - 1) * stride + bytes > Bytes)
            throw new ArgumentException($"{pieces} pieces of {bytes} bytes, {stride} bytes apart, do not lie inside '{Name}' ({Bytes} bytes).");
    }

    /// <summary>An operand of its operation.</summary>
    public Tensor Source(int operand) => new((nint)Struct->src[operand]);

    private void CheckTransfer(long bytes)
    {
        if (!IsPlaced && Struct->view_src == 0)
            throw new InvalidOperationException($"'{Name}' has no place in a buffer.");
        if (bytes > Bytes)
            throw new ArgumentException($"{bytes} bytes do not fit '{Name}' ({Bytes} bytes).");
    }

    private static int Check(int axis) => axis is >= 0 and < 4 ? axis : throw new ArgumentOutOfRangeException(nameof(axis));
}
