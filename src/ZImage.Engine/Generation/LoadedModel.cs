using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// The three models of a session with their files, each on the device that computes it: the session's, or the CPU for those that are kept there.
/// Used on the session's native thread alone.
/// </summary>
internal sealed class LoadedModel : IDisposable
{
    // Contexts, kernels and pools of a backend, which it allocates without being counted. CUDA took 617 MiB when opened, and 700 more in its
    // first picture of 1024x1024 (Q8_0, H200).
    private const long CudaMargin = 1024L << 20, VulkanMargin = 256L << 20, CpuMargin = 512L << 20;
    private const long BytesPerThread = 32L << 20;

    private readonly Dictionary<ComponentKind, ComponentFile> _files = [];
    private readonly Dictionary<ComponentKind, WeightResidency> _onCpu = [];
    private readonly Backend _backend;
    private readonly int _threads;
    private readonly Task? _reader;
    private DeviceMemory? _cpuMemory;

    /// <summary>Declares all weights; on the device none has a place yet.</summary>
    /// <param name="files">The files.</param>
    /// <param name="device">The device.</param>
    /// <param name="options">Threads, and which components are kept on the CPU.</param>
    /// <param name="opened">Called when the files are open, before anything else is done with them; what it begins to read ends before they are closed.</param>
    public LoadedModel(ModelFiles files, Device device, SessionOptions options, Func<LoadedModel, Task> opened)
    {
        try
        {
            foreach (ComponentKind kind in ComponentKinds.All)
                _files[kind] = files.Open(kind);
            _reader = opened(this);
            _threads = options.Threads > 0 ? options.Threads : DefaultThreads(File(ComponentKind.Transformer));
            _backend = Backend.Open(device, _threads);
            Memory = options.CopiesWeights ? new DeviceMemory(_backend) { UsesFiles = false } : new DeviceMemory(_backend);
            Ram = new MemoryAccount("RAM", BufferType.PinnedFor(device));
            Residency = new DeviceResidency(Memory, new WeightTransfer(Memory, Ram));
            Transformer = new Transformer(File(ComponentKind.Transformer), _backend);
            Residency.Add(ComponentKind.Transformer, Transformer.Weights);
            TextEncoder = MakeTextEncoder(OnCpu(options.Offload.TextEncoderOnCpu));
            Autoencoder = MakeAutoencoder(OnCpu(options.Offload.VaeOnCpu));
            Colors = new LatentColors(Autoencoder.LatentChannels, Autoencoder.Scale);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Transformer Transformer { get; }

    public Qwen3TextEncoder TextEncoder { get; private set; }

    public Autoencoder Autoencoder { get; private set; }

    /// <summary>What latents look like, as far as previews were asked for.</summary>
    public LatentColors Colors { get; }

    /// <summary>The memory of the session's device.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>Pinned host memory: staging, and weights that wait for their return.</summary>
    public MemoryAccount Ram { get; }

    public DeviceResidency Residency { get; }

    public Device Device => _backend.Device;

    /// <summary>Threads that the CPU computes with; 0 on other devices.</summary>
    public int Threads => _backend.Threads;

    public IEnumerable<MappedFile> MappedFiles => _files.Values.SelectMany(file => file.Checkpoint.Files);

    /// <summary>Bytes of weights that are used in place from the files.</summary>
    public long MappedBytes => Residency.MappedBytes + _onCpu.Values.Sum(residency => residency.MappedBytes);

    /// <summary>Bytes of the device that are left to what ggml allocates without being counted.</summary>
    public long Margin => Device.Backend switch
    {
        BackendKind.Cuda => CudaMargin,
        BackendKind.Vulkan => VulkanMargin,
        _ => CpuMargin,
    };

    public ComponentFile File(ComponentKind kind) => _files[kind];

    /// <summary>The memory in which a component computes.</summary>
    public DeviceMemory MemoryOf(ComponentKind kind) => _onCpu.TryGetValue(kind, out WeightResidency? residency) ? residency.Memory : Memory;

    /// <summary>Moves text encoder and autoencoder to where options want them.</summary>
    public void Move(OffloadOptions offload)
    {
        if (_onCpu.ContainsKey(ComponentKind.TextEncoder) != OnCpu(offload.TextEncoderOnCpu))
        {
            Qwen3TextEncoder old = TextEncoder;
            TextEncoder = MakeTextEncoder(OnCpu(offload.TextEncoderOnCpu));
            old.Dispose();
        }
        if (_onCpu.ContainsKey(ComponentKind.Autoencoder) != OnCpu(offload.VaeOnCpu))
        {
            Autoencoder old = Autoencoder;
            Autoencoder = MakeAutoencoder(OnCpu(offload.VaeOnCpu));
            old.Dispose();
        }
    }

    public void Dispose()
    {
        // A file must not be unmapped under its reader, whose own fault is not the one to report here.
        _reader?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        Residency?.Dispose();
        foreach (WeightResidency residency in _onCpu.Values)
            residency.Dispose();
        Transformer?.Dispose();
        TextEncoder?.Dispose();
        Autoencoder?.Dispose();
        _cpuMemory?.Backend.Dispose();
        _backend?.Dispose();
        foreach (ComponentFile file in _files.Values)
            file.Dispose();
    }

    // Where the device is the CPU, everything is there anyway.
    private bool OnCpu(bool asked) => asked && Device.Backend != BackendKind.Cpu;

    private Qwen3TextEncoder MakeTextEncoder(bool onCpu)
    {
        var model = new Qwen3TextEncoder(File(ComponentKind.TextEncoder), BackendFor(onCpu));
        return Put(ComponentKind.TextEncoder, model, model.Weights, onCpu);
    }

    private Autoencoder MakeAutoencoder(bool onCpu)
    {
        var model = new Autoencoder(File(ComponentKind.Autoencoder), BackendFor(onCpu));
        return Put(ComponentKind.Autoencoder, model, model.Weights, onCpu);
    }

    // What was there before stays until the new one has its place.
    private T Put<T>(ComponentKind kind, T model, ModelWeights weights, bool onCpu) where T : IDisposable
    {
        WeightResidency? placed;
        try
        {
            placed = onCpu ? WeightResidency.Place(weights, _cpuMemory!, CancellationToken.None) : null;
        }
        catch
        {
            model.Dispose();
            throw;
        }
        Residency.Remove(kind);
        if (_onCpu.Remove(kind, out WeightResidency? before))
            before.Dispose();
        if (placed is not null)
            _onCpu[kind] = placed;
        else
            Residency.Add(kind, weights);
        return model;
    }

    private Backend BackendFor(bool onCpu)
        => onCpu ? (_cpuMemory ??= new DeviceMemory(Backend.Open(Devices.Cpu, _threads))).Backend : _backend;

    // The threads of ggml wait for each other by spinning after every operation: for a small model that costs more than it brings, and far
    // more when another program wants a processor (0.5 s instead of 7 ms a step, two threads on two processors with one of them busy).
    private static int DefaultThreads(ComponentFile diffusion)
        => (int)Math.Clamp(diffusion.Tensors.Values.Sum(t => t.Bytes) / BytesPerThread, 1, Processors.Cores);
}
