using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>
/// An operation of our own in a graph that the CPU computes. Each of the backend's threads calls it once, and they share the work in pieces, first
/// come, first served: a thread that another program holds up holds up nothing but its piece.
/// </summary>
/// <param name="pieces">How many pieces there are.</param>
/// <param name="flops">Floating-point operations of all.</param>
/// <param name="compute">Computes pieces as long as there are any.</param>
public sealed class HostOperation(int pieces, double flops, HostComputation compute)
{
    // ggml.h: the function and a number come before it among the parameters of the operation.
    private const int UserData = 4;

    private readonly double _flops = flops;
    private ExceptionDispatchInfo? _fault;
    private int _taken, _finished;

    /// <summary>Takes the next piece.</summary>
    /// <param name="piece">Its number.</param>
    /// <returns>False when there are no more.</returns>
    public bool TryTake(out int piece)
    {
        piece = Interlocked.Increment(ref _taken) - 1;
        return piece < pieces;
    }

    /// <summary>Floating-point operations of a tensor that is an operation of ours.</summary>
    internal static unsafe double FlopsOf(ggml_tensor* tensor) => ((HostOperation)GCHandle.FromIntPtr(*(nint*)&tensor->op_params[UserData]).Target!)._flops;

    /// <summary>Throws what the computation has thrown, which may not pass through ggml.</summary>
    internal void ThrowFault() => Interlocked.Exchange(ref _fault, null)?.Throw();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static unsafe void Run(ggml_tensor* result, int thread, int threads, nint operation)
    {
        var own = (HostOperation)GCHandle.FromIntPtr(operation).Target!;
        try
        {
            own.Compute(new HostOperands(own, result));
        }
        catch (Exception e)
        {
            own._fault = ExceptionDispatchInfo.Capture(e);
        }
        // The graph's next run begins after the last thread is done.
        if (Interlocked.Increment(ref own._finished) == threads)
            (own._taken, own._finished) = (0, 0);
    }

    private void Compute(HostOperands operands) => compute(operands);
}

/// <summary>Computes pieces of an operation.</summary>
public delegate void HostComputation(HostOperands operands);

/// <summary>What an operation of our own computes with: contiguous tensors in host memory.</summary>
public readonly unsafe ref struct HostOperands
{
    private readonly ggml_tensor* _result;

    internal HostOperands(HostOperation operation, ggml_tensor* result)
    {
        Operation = operation;
        _result = result;
    }

    /// <summary>Whose pieces are to be computed.</summary>
    public HostOperation Operation { get; }

    public Span<float> Result => Values(_result);

    /// <summary>An operand of F32.</summary>
    public ReadOnlySpan<float> Operand(int index) => Values((ggml_tensor*)_result->src[index]);

    /// <summary>Elements of an operand of F32 or F16, from one on, as floats.</summary>
    public void Read(int index, int first, Span<float> target)
    {
        var tensor = (ggml_tensor*)_result->src[index];
        if (tensor->type == GgmlType.F16)
            HalfFloats.Widen(new ReadOnlySpan<ushort>((ushort*)tensor->data + first, target.Length), target);
        else
            Values(tensor).Slice(first, target.Length).CopyTo(target);
    }

    private static Span<float> Values(ggml_tensor* tensor) => new((void*)tensor->data, checked((int)Native.ggml_nelements((nint)tensor)));
}
