using System.Diagnostics;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// A loaded model on a device. Native code runs on a thread of the session's own, one request after the other; callers on other
/// threads wait their turn. A fault inside ggml ends the session (<see cref="HasFaulted"/>), never the process.
/// </summary>
public sealed class ModelSession : IDisposable
{
    private const long BytesPerThread = 32L << 20;

    private readonly NativeThread _thread;
    private readonly Backend _backend;
    private readonly DeviceMemory _memory;
    private readonly ComponentFile[] _files;
    private readonly Qwen3Tokenizer _tokenizer;
    private readonly Qwen3TextEncoder _textEncoder;
    private readonly Transformer _transformer;
    private readonly Autoencoder _autoencoder;
    private readonly List<WeightResidency> _residencies = [];
    private volatile bool _closed;

    // Runs on the native thread.
    private ModelSession(ModelFiles files, NativeThread thread, Device device, SessionOptions options, IGenerationObserver? observer, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        Files = files;
        Device = device;
        _thread = thread;
        var cleanup = new Stack<IDisposable>();
        Task<Qwen3Tokenizer>? tokenizer = null;
        T Keep<T>(T owned) where T : IDisposable
        {
            cleanup.Push(owned);
            return owned;
        }
        try
        {
            ComponentFile diffusion = Keep(ComponentFile.Open(files.Diffusion, ComponentKind.Transformer));
            ComponentFile textEncoder = Keep(ComponentFile.Open(files.TextEncoder, ComponentKind.TextEncoder));
            ComponentFile vae = Keep(ComponentFile.Open(files.Vae, ComponentKind.Autoencoder));
            _files = [diffusion, textEncoder, vae];

            // The vocabulary is built beside the mapping and upload of the weights.
            tokenizer = Task.Run(() => new Qwen3Tokenizer(GgufVocabulary.Read(textEncoder.Checkpoint)), CancellationToken.None);
            _backend = Keep(Backend.Open(device, options.Threads > 0 ? options.Threads : DefaultThreads(diffusion)));
            _memory = new DeviceMemory(_backend);
            _transformer = Keep(new Transformer(diffusion, _backend));
            _textEncoder = Keep(new Qwen3TextEncoder(textEncoder, _backend));
            _autoencoder = Keep(new Autoencoder(vae, _backend));
            CheckFit(files, _transformer.Config, _textEncoder, _autoencoder);
            foreach (ModelWeights weights in (ModelWeights[])[_textEncoder.Weights, _transformer.Weights, _autoencoder.Weights])
                _residencies.Add(Keep(WeightResidency.Place(weights, _memory, cancellation)));
            _tokenizer = tokenizer.GetAwaiter().GetResult();
        }
        catch
        {
            // The file must not be unmapped under the reader of the vocabulary; the first fault is the one to report.
            tokenizer?.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
            while (cleanup.TryPop(out IDisposable? owned))
                owned.Dispose();
            throw;
        }

        Name = options.Name ?? Path.GetFileNameWithoutExtension(files.Diffusion);
        Identity = new ModelIdentity(Path.GetFileNameWithoutExtension(files.Diffusion), _files[0].Checkpoint.Fingerprint, _files[1].Checkpoint.Fingerprint, _files[2].Checkpoint.Fingerprint);
        Defaults = ReadDefaults(_files[0].Metadata);
        Components = [Summarize(ComponentKind.Transformer, _transformer.Weights), Summarize(ComponentKind.TextEncoder, _textEncoder.Weights), Summarize(ComponentKind.Autoencoder, _autoencoder.Weights)];
        LoadDuration = Stopwatch.GetElapsedTime(start);
        observer?.OnMessage(MessageLevel.Verbose, FormattableString.Invariant(
            $"Loaded {Name} on {device.Name} ({device.Description}) in {LoadDuration.TotalSeconds:F2} s: {_memory.Bytes / 1048576.0:F1} MiB on the device, {_residencies.Sum(r => r.MappedBytes) / 1048576.0:F1} MiB used in place from the files") + (_backend.Threads > 0 ? $", {_backend.Threads} threads." : "."));
    }

    public string Name { get; }

    public Device Device { get; }

    public ModelFiles Files { get; }

    public ModelIdentity Identity { get; }

    /// <summary>The settings used where a request leaves them open.</summary>
    public ModelDefaults Defaults { get; }

    public IReadOnlyList<ComponentSummary> Components { get; }

    public TimeSpan LoadDuration { get; }

    /// <summary>Bytes of the device's memory that the session holds now. Weights used in place from a file are not counted.</summary>
    public long DeviceBytes => _memory.Bytes;

    /// <summary>True once the session was removed.</summary>
    public bool IsClosed => _closed;

    /// <summary>True after a fault inside ggml: the session cannot compute any more.</summary>
    public bool HasFaulted => _thread.HasFaulted;

    /// <summary>Loads a model.</summary>
    /// <exception cref="ZImageException">A file, the device or its memory does not do; nothing stays open.</exception>
    public static ModelSession Open(ModelFiles files, Device device, SessionOptions options, IGenerationObserver? observer, CancellationToken cancellation)
    {
        var thread = new NativeThread("ZImage " + (options.Name ?? Path.GetFileName(files.Diffusion)));
        try
        {
            return Guarded(thread, observer, () => new ModelSession(files, thread, device, options, observer, cancellation), cancellation);
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    /// <summary>Makes an image and waits for it.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="observer">Hears progress and messages, on the session's thread.</param>
    /// <param name="cancellation">Stops the run between two blocks.</param>
    /// <exception cref="GenerationCancelledException">The run was cancelled; the session stays usable.</exception>
    /// <exception cref="ZImageException">A setting does not do, memory ran out, or ggml failed.</exception>
    public GeneratedImage Generate(ImageRequest request, IGenerationObserver? observer, CancellationToken cancellation)
    {
        Check(request);
        ISampler sampler = Samplers.Get(request.Sampler);
        ISigmaSchedule schedule = SigmaSchedules.Get(request.Scheduler);
        try
        {
            return Guarded(_thread, observer, () => _closed
                ? throw new SessionClosedException(Name)
                : Generate(request, sampler, schedule, observer, cancellation), cancellation);
        }
        catch (ObjectDisposedException) when (_closed)
        {
            throw new SessionClosedException(Name);
        }
    }

    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        if (!_thread.HasFaulted)
        {
            _thread.Run(() =>
            {
                _residencies.ForEach(r => r.Dispose());
                _transformer.Dispose();
                _textEncoder.Dispose();
                _autoencoder.Dispose();
                _backend.Dispose();
                foreach (ComponentFile file in _files)
                    file.Dispose();
            });
        }
        _thread.Dispose();
    }

    private GeneratedImage Generate(ImageRequest request, ISampler sampler, ISigmaSchedule schedule, IGenerationObserver? observer, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var timeline = new Timeline();
        void Report(Phase phase, int step = 0, TimeSpan? remaining = null)
            => observer?.OnProgress(new GenerationProgress(phase, step, request.Steps, timeline.Elapsed, remaining));

        Report(Phase.Tokenize);
        bool truncated = false;
        int[] tokens = timeline.Record(Phase.Tokenize, "prompt", _memory, () => _tokenizer.EncodePrompt(request.Prompt, out truncated));
        if (truncated)
            observer?.OnMessage(MessageLevel.Warning, $"The prompt is longer than {Qwen3Tokenizer.MaxPromptTokens} tokens; its end is not used.");

        Report(Phase.Condition);
        float[] Hidden(string name, int[] ids) => timeline.Record(Phase.Condition, name, _memory, () => _textEncoder.Encode(ids, _memory, null, cancellation));
        float[] caption = Hidden("prompt", tokens);
        float guidance = request.CfgScale - 1;
        float[]? negative = guidance > 0 ? Hidden("negative prompt", _tokenizer.EncodePrompt(request.NegativePrompt, out _)) : null;

        float[] latent = SampleLatent(request, sampler, schedule, caption, negative, timeline, Report, cancellation);

        Report(Phase.Decode, request.Steps);
        int width = request.Width / _autoencoder.Scale, height = request.Height / _autoencoder.Scale;
        float[] pixels = timeline.Record(Phase.Decode, "image", _memory, () => _autoencoder.Decode(latent, width, height, _memory, null, cancellation));
        return new GeneratedImage
        {
            Pixels = Picture(pixels, latent, request, cancellation),
            Request = request,
            Model = Identity,
            Device = Device.Name,
            Timeline = timeline,
            PromptTokens = tokens.Length,
            PromptTruncated = truncated,
            DurationSeconds = timeline.Elapsed.TotalSeconds,
            PeakDeviceBytes = timeline.Entries.Max(e => e.PeakDeviceBytes),
        };
    }

    private float[] SampleLatent(ImageRequest request, ISampler sampler, ISigmaSchedule schedule, float[] caption, float[]? negative,
        Timeline timeline, Action<Phase, int, TimeSpan?> report, CancellationToken cancellation)
    {
        int width = request.Width / _autoencoder.Scale, height = request.Height / _autoencoder.Scale;
        float[] sigmas = schedule.Sigmas(request.Steps, request.Shift);
        var latent = new float[width * height * _transformer.Config.Channels];
        new PhiloxNoise((ulong)request.Seed).Fill(latent);
        if (sigmas[0] != 1)
        {
            for (int i = 0; i < latent.Length; i++)
                latent[i] *= sigmas[0];
        }

        report(Phase.Sample, 0, null);
        using var prediction = new GuidedPrediction(_transformer, _memory, width, height, caption, negative, request.CfgScale - 1, cancellation);
        void Announce(int step) => prediction.Announce($"step {step} of {sigmas.Length - 1}");
        TimeSpan start = timeline.Elapsed, stepStart = start;
        var options = new SamplingOptions
        {
            Cancellation = cancellation,
            StepCompleted = step =>
            {
                timeline.Add(Phase.Sample, $"step {step.Number}", stepStart, _memory);
                Announce(step.Number + 1);
                stepStart = timeline.Elapsed;
                report(Phase.Sample, step.Number, (stepStart - start) / step.Number * (step.Count - step.Number));
            },
        };
        Announce(1);
        sampler.Sample(latent, sigmas, (x, sigma, velocity) => prediction.Velocity(x, sigma, velocity, cancellation), options);
        return latent;
    }

    private PixelImage Picture(float[] pixels, float[] latent, ImageRequest request, CancellationToken cancellation)
    {
        try
        {
            return PixelImage.FromDecoder(pixels, request.Width, request.Height);
        }
        catch (DegenerateImageException fault)
        {
            string? stage = _autoencoder.FirstConstantStage(latent, request.Width / _autoencoder.Scale, request.Height / _autoencoder.Scale, _memory, cancellation);
            throw new DegenerateImageException(request.Width, request.Height,
                $"{fault.Reason}; {(stage is null ? "every stage of the decoder varies over the image, so the colours are out of range" : $"the first stage of the decoder that does not vary over the image is {stage}")}");
        }
    }

    // Log lines go to the observer, and cancellation is a fault like the others.
    private static T Guarded<T>(NativeThread thread, IGenerationObserver? observer, Func<T> work, CancellationToken cancellation)
    {
        try
        {
            using (GgmlLog.Use((_, text) => observer?.OnMessage(MessageLevel.Debug, text)))
                return thread.Run(work, cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new GenerationCancelledException();
        }
    }

    private void Check(ImageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        int multiple = _autoencoder.Scale * TransformerConfig.Patch;
        if (request.Width % multiple != 0 || request.Height % multiple != 0 || request.Width is < 16 or > 8192 || request.Height is < 16 or > 8192)
            throw new InvalidImageSizeException(request.Width, request.Height);
        if (request.Steps is < 1 or > 1000)
            throw new InvalidSettingException("Steps", request.Steps, "from 1 to 1000");
        if (!(request.Shift > 0 && request.Shift <= 100))
            throw new InvalidSettingException("Shift", request.Shift, "above 0, up to 100");
        if (!(request.CfgScale >= 1 && request.CfgScale <= 100))
            throw new InvalidSettingException("CfgScale", request.CfgScale, "from 1 (no guidance) to 100");
    }

    private static void CheckFit(ModelFiles files, TransformerConfig transformer, Qwen3TextEncoder textEncoder, Autoencoder autoencoder)
    {
        if (textEncoder.Config.Hidden != transformer.CaptionDim)
        {
            throw new ComponentsDoNotMatchException(
                $"The text encoder '{files.TextEncoder}' gives {textEncoder.Config.Hidden} values a token, and the diffusion model '{files.Diffusion}' takes {transformer.CaptionDim}.", files.TextEncoder);
        }
        if (autoencoder.LatentChannels != transformer.Channels)
        {
            throw new ComponentsDoNotMatchException(
                $"The autoencoder '{files.Vae}' has {autoencoder.LatentChannels} latent channels, and the diffusion model '{files.Diffusion}' has {transformer.Channels}.", files.Vae);
        }
    }

    // A file may say what it is made for; else the settings of Z-Image-Turbo by its authors: 1024x1024, 8 steps, no guidance.
    private static ModelDefaults ReadDefaults(CheckpointMetadata metadata) => new(
        metadata.GetInt32("zimage.default.width") ?? 1024,
        metadata.GetInt32("zimage.default.height") ?? 1024,
        metadata.GetInt32("zimage.default.steps") ?? 8,
        metadata.GetString("zimage.default.sampler") ?? "euler",
        metadata.GetString("zimage.default.scheduler") ?? "flow_match",
        metadata.GetSingle("zimage.default.shift") ?? 3,
        metadata.GetSingle("zimage.default.cfg_scale") ?? 1);

    // The threads of ggml wait for each other by spinning after every operation: for a small model that costs more than it brings, and far
    // more when another program wants a processor (0.5 s instead of 7 ms a step, two threads on two processors with one of them busy).
    private static int DefaultThreads(ComponentFile diffusion)
        => (int)Math.Clamp(diffusion.Tensors.Values.Sum(t => t.Bytes) / BytesPerThread, 1, Environment.ProcessorCount);

    private static ComponentSummary Summarize(ComponentKind kind, ModelWeights weights)
    {
        List<ComponentTensor> sources = [.. weights.Blocks.SelectMany(b => b.Weights).Select(w => w.Source)];
        return new ComponentSummary(kind, weights.File.Path, sources.Sum(s => s.Elements), sources.Sum(s => s.Bytes),
            sources.GroupBy(s => s.Type).OrderByDescending(g => g.Sum(s => s.Bytes)).ToDictionary(g => g.Key, g => g.Sum(s => s.Bytes)));
    }
}
