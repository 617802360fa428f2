using System.Diagnostics;
using ZImage.Ggml.Interop;

namespace ZImage.Ggml;

/// <summary>An open device: computes graphs, one after the other.</summary>
public sealed unsafe class Backend : IDisposable
{
    private readonly bool _forgetsDescriptors;
    private BackendHandle _handle;

    private Backend(Device device, nint handle)
    {
        Device = device;
        _handle = new BackendHandle(handle);
        _forgetsDescriptors = device.Backend == BackendKind.Vulkan && device.Description.Contains("llvmpipe", StringComparison.Ordinal);
    }

    public Device Device { get; }

    /// <summary>Threads that a CPU backend computes with; 0 on other devices.</summary>
    public int Threads { get; private init; }

    /// <summary>Memory in which this backend wants its tensors.</summary>
    public BufferType BufferType => new(Native.ggml_backend_get_default_buffer_type(_handle));

    /// <summary>Opens a device.</summary>
    /// <param name="device">A device that is available.</param>
    /// <param name="threads">Threads of a CPU backend; 0 for one per core.</param>
    public static Backend Open(Device device, int threads = 0)
    {
        if (!device.IsAvailable)
            throw new DeviceNotFoundException(device.Name, available: null, device.Description);
        nint handle = Native.ggml_backend_dev_init(device.Handle, null);
        if (handle == 0)
            throw new DeviceNotFoundException(device.Name, available: null, "The device could not be opened.");
        if (device.Backend != BackendKind.Cpu)
            return new Backend(device, handle);

        int count = threads > 0 ? threads : Processors.Cores;
        var setThreads = BackendProcedures.SetThreads(device.Registry);
        if (setThreads is not null)
            setThreads(handle, count);
        return new Backend(device, handle) { Threads = count };
    }

    /// <summary>Whether the device can compute this tensor's operation on its operands.</summary>
    public bool Supports(Tensor operation) => Native.ggml_backend_supports_op(_handle, operation.Handle);

    /// <summary>
    /// Called with each operation and its time, where set. Operations are computed one by one then: none is fused with the next, and each costs a
    /// start and a wait, so that they take longer together than their graph does.
    /// </summary>
    public Action<Tensor, TimeSpan>? Profiler { get; set; }

    /// <summary>Called with each graph before it is computed, where set.</summary>
    public Action<Graph>? Computing { get; set; }

    /// <summary>Computes a placed graph and waits for the result; on the CPU when its turn comes, if others compute there.</summary>
    /// <exception cref="ComputeFailedException">The device reports an error.</exception>
    public void Compute(Graph graph)
    {
        using ProcessorTurns.Turn? turn = Threads > 0 ? ProcessorTurns.Shared.Take(Threads) : null;
        if (_forgetsDescriptors)
            Reopen();
        Computing?.Invoke(graph);
        if (Profiler is { } profiler)
            Profile(graph, profiler);
        else
            ComputeNodes(graph);
        graph.ThrowFault();
    }

    /// <summary>
    /// Starts copying host bytes to the start of a tensor. The bytes must stay as they are until the copy is done: until <see cref="Synchronize"/>,
    /// or an event that is recorded behind it. Pinned memory makes it run beside the computation of another instance.
    /// </summary>
    /// <param name="tensor">A placed tensor of this device.</param>
    /// <param name="source">Host memory.</param>
    /// <param name="bytes">How many bytes, from the start of both.</param>
    public void CopyAsync(Tensor tensor, Buffer source, long bytes)
        => Native.ggml_backend_tensor_set_async(_handle, tensor.Handle, source.HostPointer(bytes), 0, (nuint)bytes);

    /// <summary>Copies host bytes to the start of a tensor and waits.</summary>
    public static void Copy(Tensor tensor, Buffer source, long bytes)
        => Native.ggml_backend_tensor_set(tensor.Handle, source.HostPointer(bytes), 0, (nuint)bytes);

    /// <summary>What follows on this instance begins when what was recorded is done.</summary>
    public void WaitFor(BackendEvent recorded) => Native.ggml_backend_event_wait(_handle, recorded.Handle);

    /// <summary>Marks the end of what was started on this instance so far.</summary>
    public void Record(BackendEvent mark) => Native.ggml_backend_event_record(mark.Handle, _handle);

    public void Synchronize() => Native.ggml_backend_synchronize(_handle);

    public void Dispose() => _handle.Dispose();

    private void ComputeNodes(Graph graph)
    {
        int status = Native.ggml_backend_graph_compute(_handle, graph.Handle);
        if (status != 0)
            throw new ComputeFailedException(Device.Name, status);
    }

    private void Profile(Graph graph, Action<Tensor, TimeSpan> profiler)
    {
        using var context = new Context(1, graphs: 1, graphNodes: 1);
        Graph single = context.NewGraph(1);
        for (int i = 0; i < graph.NodeCount; i++)
        {
            Tensor node = graph.Node(i);
            if (!node.IsComputed)
                continue;
            single.SetNode(node);
            long start = Stopwatch.GetTimestamp();
            ComputeNodes(single);
            profiler(node, Stopwatch.GetElapsedTime(start));
        }
    }

    // ggml reuses the descriptor sets of an instance. Mesa's software device (seen in 22.3) takes references on all buffers a set names, also on
    // those that the shader does not use and that are freed by now: heap corruption. A new instance has empty sets; kernels stay compiled.
    private void Reopen()
    {
        nint handle = Native.ggml_backend_dev_init(Device.Handle, null);
        if (handle == 0)
            throw new DeviceNotFoundException(Device.Name, available: null, "The device could not be opened again.");
        _handle.Dispose();
        _handle = new BackendHandle(handle);
    }
}

/// <summary>A mark in the work of one instance of a device that another instance, or the host, can wait for.</summary>
public sealed class BackendEvent : IDisposable
{
    private BackendEvent(nint handle) => Handle = new EventHandle(handle);

    internal EventHandle Handle { get; }

    /// <summary>A new event; null where the device has none.</summary>
    public static BackendEvent? TryCreate(Device device)
    {
        nint handle = Native.ggml_backend_event_new(device.Handle);
        return handle == 0 ? null : new BackendEvent(handle);
    }

    /// <summary>Waits on the host until what was recorded is done.</summary>
    public void Synchronize() => Native.ggml_backend_event_synchronize(Handle);

    public void Dispose() => Handle.Dispose();
}
