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
            tokenizer = Task.Run(() => new Qwen3Tokenizer(TextEncoderVocabulary.Read(textEncoder.Checkpoint, files.Tokenizer)), CancellationToken.None);
            _backend = Keep(Backend.Open(device, options.Threads > 0 ? options.Threads : DefaultThreads(diffusion)));
            _memory = new DeviceMemory(_backend);
            _transformer = Keep(new Transformer(diffusion, _backend));
            _textEncoder = Keep(new Qwen3TextEncoder(textEncoder, _backend));
            _autoencoder = Keep(new Autoencoder(vae, _backend));
            CheckFit(files, _transformer.Config, _textEncoder, _autoencoder);
            Name = options.Name ?? files.Name;
            Identity = new ModelIdentity(files.Name, diffusion.Checkpoint.Fingerprint, textEncoder.Checkpoint.Fingerprint, vae.Checkpoint.Fingerprint);
            RecognizedVariant variant = VariantRecognizer.Recognize(diffusion);
            Defaults = RecommendedSettings.For(diffusion, variant.Variant);
            Components = [Summarize(ComponentKind.Transformer, _transformer.Weights), Summarize(ComponentKind.TextEncoder, _textEncoder.Weights), Summarize(ComponentKind.Autoencoder, _autoencoder.Weights)];
            observer?.OnMessage(MessageLevel.Verbose, $"{Name} is of the kind {variant.Variant}: {variant.Evidence}.");
            CheckRope(_textEncoder.Config, files.TextEncoder, observer);
            foreach (ModelWeights weights in (ModelWeights[])[_textEncoder.Weights, _transformer.Weights, _autoencoder.Weights])
                _residencies.Add(Keep(WeightResidency.Place(weights, _memory, cancellation)));
            _tokenizer = tokenizer.GetAwaiter().GetResult();
            if (_tokenizer.VocabularySize > _textEncoder.Vocabulary)
            {
                throw new ComponentsDoNotMatchException(
                    $"The tokenizer of the text encoder '{files.TextEncoder}' has {_tokenizer.VocabularySize} tokens, and the text encoder knows {_textEncoder.Vocabulary}.", files.TextEncoder);
            }
        }
        catch
        {
            // The file must not be unmapped under the reader of the vocabulary; the first fault is the one to report.
            tokenizer?.ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
            while (cleanup.TryPop(out IDisposable? owned))
                owned.Dispose();
            throw;
        }

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
        request = Resolve(request);
        try
        {
            return Guarded(_thread, observer, () => _closed
                ? throw new SessionClosedException(Name)
                : WithIntactFiles(() => Draw(request, observer, cancellation)), cancellation);
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

    // What was read from a file that changed meanwhile is no picture of the model, and the fault it led to is not the one to report.
    private T WithIntactFiles<T>(Func<T> work)
    {
        CheckFiles(lookUp: true);
        try
        {
            return work();
        }
        finally
        {
            CheckFiles(lookUp: false);
        }
    }

    /// <exception cref="ModelFileChangedException">One of the files is not any more what was imported.</exception>
    private void CheckFiles(bool lookUp)
    {
        foreach (MappedFile file in _files.SelectMany(file => file.Checkpoint.Files))
        {
            if (file.FindChange(lookUp) is { } change)
                throw new ModelFileChangedException(file.Path, change);
        }
    }

    private GeneratedImage Draw(ImageRequest request, IGenerationObserver? observer, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int width = request.Width / _autoencoder.Scale, height = request.Height / _autoencoder.Scale;
        float[] sigmas = request.Sigmas is { } own ? [.. own] : NoiseLevels.Of(SigmaSchedules.Get(request.Scheduler), request.Steps, request.Shift, width * height);
        int steps = sigmas.Length - 1;
        if (steps < request.Steps)
            observer?.OnMessage(MessageLevel.Verbose, $"The scheduler {request.Scheduler} has {steps} different noise levels for {request.Steps} steps; it takes {steps} steps.");
        var timeline = new Timeline();
        void Report(Phase phase, int step = 0, TimeSpan? remaining = null)
            => observer?.OnProgress(new GenerationProgress(phase, step, steps, timeline.Elapsed, remaining));

        Report(Phase.Tokenize);
        bool truncated = false;
        int[] tokens = timeline.Record(Phase.Tokenize, "prompt", _memory, () => _tokenizer.EncodePrompt(request.Prompt, out truncated));
        if (truncated)
            observer?.OnMessage(MessageLevel.Warning, $"The prompt is longer than {Qwen3Tokenizer.MaxPromptTokens} tokens; its end is not used.");

        Report(Phase.Condition);
        float[] Hidden(string name, int[] ids) => timeline.Record(Phase.Condition, name, _memory, () => _textEncoder.Encode(ids, _memory, null, cancellation));
        float[] caption = Hidden("prompt", tokens);
        float guidance = request.CfgScale - 1;
        float[]? negative = guidance > 0 || Samplers.Get(request.Sampler).UsesUnguided ? Hidden("negative prompt", _tokenizer.EncodePrompt(request.NegativePrompt, out _)) : null;

        float[] latent = SampleLatent(request, sigmas, width, height, caption, negative, timeline, Report, cancellation);

        Report(Phase.Decode, steps);
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

    private float[] SampleLatent(ImageRequest request, float[] sigmas, int width, int height, float[] caption, float[]? negative,
        Timeline timeline, Action<Phase, int, TimeSpan?> report, CancellationToken cancellation)
    {
        var latent = new float[width * height * _transformer.Config.Channels];
        INoiseSource noise = NoiseSources.Create(request.Rng, (ulong)request.Seed);
        noise.Fill(latent);
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
            Eta = request.Eta,
            Noise = noise,
            Cancellation = cancellation,
            StepCompleted = step =>
            {
                timeline.Add(Phase.Sample, $"step {step.Number}", stepStart, _memory);
                CheckFiles(lookUp: false);
                Announce(step.Number + 1);
                stepStart = timeline.Elapsed;
                report(Phase.Sample, step.Number, (stepStart - start) / step.Number * (step.Count - step.Number));
            },
        };
        Announce(1);
        Samplers.Get(request.Sampler).Sample(
            latent, sigmas, (x, sigma, velocity, unguided) => prediction.Velocity(x, sigma, velocity, cancellation, unguided), options);
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

    // The request with names as they are spelled here, and with the steps that its own noise levels make.
    private ImageRequest Resolve(ImageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        request = request with { Sampler = Samplers.Get(request.Sampler).Name, Scheduler = SigmaSchedules.Get(request.Scheduler).Name };
        if (request.Sigmas is { } list)
        {
            float[] levels = NoiseLevels.Of(list)
                ?? throw new InvalidSettingException("Sigmas", list.Count == 0 ? "empty" : NoiseLevels.Text(list), "a falling list of numbers, the first above 0 and at most 1, the last 0 or above");
            request = request with { Sigmas = levels, Steps = levels.Length - 1 };
        }
        Check(request);
        return request;
    }

    private void Check(ImageRequest request)
    {
        int multiple = _autoencoder.Scale * TransformerConfig.Patch;
        if (request.Width % multiple != 0 || request.Height % multiple != 0 || request.Width is < 16 or > 8192 || request.Height is < 16 or > 8192)
            throw new InvalidImageSizeException(request.Width, request.Height);
        if (request.Steps is < 1 or > 1000)
            throw new InvalidSettingException("Steps", request.Steps, "from 1 to 1000");
        if (!(request.Shift > 0 && request.Shift <= 100))
            throw new InvalidSettingException("Shift", request.Shift, "above 0, up to 100");
        bool unguided = Samplers.Get(request.Sampler).UsesUnguided;
        if (!(request.CfgScale >= (unguided ? 0 : 1) && request.CfgScale <= 100))
            throw new InvalidSettingException("CfgScale", request.CfgScale, unguided ? "from 0 to 100" : "from 1 (no guidance) to 100");
        if (request.Eta is { } eta && !(eta >= 0 && eta <= 1))
            throw new InvalidSettingException("Eta", eta, "from 0 to 1");
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

    private static void CheckRope(Qwen3Config config, string path, IGenerationObserver? observer)
    {
        if (config.RopeTheta == Qwen3Config.TrainedRopeTheta)
            return;
        observer?.OnMessage(MessageLevel.Warning, FormattableString.Invariant(
            $"The text encoder '{path}' has the rotary base {config.RopeTheta}, and Z-Image was trained with one that has {Qwen3Config.TrainedRopeTheta}: it is another Qwen3, and draws other pictures."));
    }

    // The threads of ggml wait for each other by spinning after every operation: for a small model that costs more than it brings, and far
    // more when another program wants a processor (0.5 s instead of 7 ms a step, two threads on two processors with one of them busy).
    private static int DefaultThreads(ComponentFile diffusion)
        => (int)Math.Clamp(diffusion.Tensors.Values.Sum(t => t.Bytes) / BytesPerThread, 1, Environment.ProcessorCount);

    private static ComponentSummary Summarize(ComponentKind kind, ModelWeights weights)
    {
        List<CheckpointTensor> stored = [.. weights.Blocks.SelectMany(b => b.Weights).Select(w => w.Source.Stored)];
        return new ComponentSummary(kind, weights.File.Path, stored.Sum(s => s.Elements), stored.Sum(s => s.Bytes), CheckpointTensor.BytesByType(stored));
    }
}
