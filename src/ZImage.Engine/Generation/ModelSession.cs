using System.Diagnostics;
using System.Runtime.ExceptionServices;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// A loaded model on a device. Native code runs on a thread of the session's own, one request after the other; callers on other
/// threads wait their turn. A fault inside ggml ends the session (<see cref="HasFaulted"/>), never the process.
/// </summary>
public sealed class ModelSession : IDisposable
{
    /// <summary>Most pictures that are made together: more would share little more.</summary>
    public const int MostTogether = 16;

    // A long prompt, for plans before one is known.
    private const int AssumedPromptTokens = 256;

    private readonly NativeThread _thread;
    private readonly LoadedModel _model;
    private readonly SessionPlanner _planner;
    private readonly Qwen3Tokenizer _tokenizer;
    private readonly PromptCache _prompts;
    private readonly VideoMemory? _videoMemory;
    private readonly SpillWatch _spill;
    private int _disposals;
    private volatile bool _closed;

    // Runs on the native thread.
    private ModelSession(ModelFiles files, NativeThread thread, Device device, SessionOptions options, IGenerationObserver? observer, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        Files = files;
        Device = device;
        _thread = thread;
        _videoMemory = VideoMemory.Find(device);
        _spill = new SpillWatch(() => _videoMemory?.Read());
        _spill.Start(HostCopy.TotalBytes);
        Task<Qwen3Tokenizer>? tokenizer = null;
        try
        {
            // The vocabulary is built beside the mapping and upload of the weights.
            _model = new LoadedModel(files, device, options, opened => tokenizer = Task.Run(
                () => new Qwen3Tokenizer(TextEncoderVocabulary.Read(opened.File(ComponentKind.TextEncoder).Checkpoint, files.Tokenizer)), CancellationToken.None));
            ComponentFile diffusion = _model.File(ComponentKind.Transformer), textEncoder = _model.File(ComponentKind.TextEncoder);
            CheckFit(files, _model.Transformer.Config, _model.TextEncoder, _model.Autoencoder);
            Name = options.Name ?? files.Name;
            Identity = new ModelIdentity(files.Name, diffusion.Checkpoint.Fingerprint, textEncoder.Checkpoint.Fingerprint, _model.File(ComponentKind.Autoencoder).Checkpoint.Fingerprint);
            RecognizedVariant variant = VariantRecognizer.Recognize(diffusion);
            Defaults = RecommendedSettings.For(diffusion, variant.Variant);
            observer?.OnMessage(MessageLevel.Verbose, $"{Name} is of the kind {variant.Variant}: {variant.Evidence}.");
            CheckRope(_model.TextEncoder.Config, files.TextEncoder, observer);
            // An array: PowerShell cannot index the list that a collection expression would make.
            Components = new[] { Summarize(ComponentKind.Transformer, _model.Transformer.Weights), Summarize(ComponentKind.TextEncoder, _model.TextEncoder.Weights), Summarize(ComponentKind.Autoencoder, _model.Autoencoder.Weights) };
            _planner = new SessionPlanner(_model, SystemLimit);
            _prompts = new PromptCache(textEncoder.Checkpoint.Fingerprint, _model.TextEncoder.Config, () => _model.MemoryOf(ComponentKind.TextEncoder).Backend.Device);
            Apply(options.Offload, observer);
            foreach ((GgmlType type, long bytes) in _model.Residency.RepackedBytes)
                observer?.OnMessage(MessageLevel.Verbose, $"{type} weights of the transformer are repacked for this processor: {ByteSize.Text(bytes)} are copied.");
            if (device.Backend != BackendKind.Cpu)
                observer?.OnMessage(MessageLevel.Verbose, _model.Autoencoder.ConvolutionPath.ToString());
            _model.Residency.Bring(cancellation);
            _tokenizer = tokenizer!.GetAwaiter().GetResult();
            if (_tokenizer.VocabularySize > _model.TextEncoder.Vocabulary)
            {
                throw new ComponentsDoNotMatchException(
                    $"The tokenizer of the text encoder '{files.TextEncoder}' has {_tokenizer.VocabularySize} tokens, and the text encoder knows {_model.TextEncoder.Vocabulary}.", files.TextEncoder);
            }
        }
        catch
        {
            _model?.Dispose();
            _videoMemory?.Dispose();
            throw;
        }

        LoadDuration = Stopwatch.GetElapsedTime(start);
        observer?.OnMessage(MessageLevel.Verbose, FormattableString.Invariant(
            $"Loaded {Name} on {device.Name} ({device.Description}) in {LoadDuration.TotalSeconds:F2} s: {DeviceBytes / 1048576.0:F1} MiB on the device, {_model.MappedBytes / 1048576.0:F1} MiB used in place from the files") + (_model.Threads > 0 ? $", {_model.Threads} threads." : "."));
    }

    public string Name { get; }

    public Device Device { get; }

    public ModelFiles Files { get; }

    /// <summary>Of random weights, their share of the real model's bytes, 1 for all of them; null for weights from files.</summary>
    public double? SyntheticScale => Files.Synthetic?.Scale;

    public ModelIdentity Identity { get; }

    /// <summary>The settings used where a request leaves them open.</summary>
    public ModelDefaults Defaults { get; }

    public IReadOnlyList<ComponentSummary> Components { get; }

    public TimeSpan LoadDuration { get; }

    /// <summary>How the memory of the device is used.</summary>
    public OffloadOptions Offload => _planner.Options;

    /// <summary>The mode asked for, as a property of the session.</summary>
    public OffloadMode OffloadMode => Offload.Mode;

    /// <summary>Bytes of the device that the session may use, as of the last plan.</summary>
    public long VramBudgetBytes => _model.Memory.Limit;

    /// <summary>Bytes of the device's memory that the session holds now. Weights used in place from a file are not counted.</summary>
    public long DeviceBytes => _model.Memory.Bytes;

    /// <summary>Pinned host memory that the session holds now: weights that wait for their return, and staging.</summary>
    public long HostBytes => _model.Ram.Bytes;

    /// <summary>True once the session was removed.</summary>
    public bool IsClosed => _closed;

    /// <summary>True after a fault inside ggml: the session cannot compute any more.</summary>
    public bool HasFaulted => _thread.HasFaulted;

    /// <summary>The accounts of the session's memory: of the device, and of pinned host memory.</summary>
    internal (MemoryAccount Device, MemoryAccount Ram) Accounts => (_model.Memory, _model.Ram);

    /// <summary>What computes, for profiles; on the session's thread alone.</summary>
    internal Backend Backend => _model.Memory.Backend;

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
    /// <exception cref="BudgetTooSmallException">It does not fit the device's budget; nothing was moved.</exception>
    /// <exception cref="ZImageException">A setting does not do, memory ran out, or ggml failed.</exception>
    public GeneratedImage Generate(ImageRequest request, IGenerationObserver? observer, CancellationToken cancellation)
        => Generate(request, 1, observer, cancellation)[0];

    /// <summary>Makes images of one prompt together, block by block: the first with the request's seed, each other with the seed after the one before.</summary>
    /// <param name="request">What to make.</param>
    /// <param name="images">How many, up to <see cref="MostTogether"/>.</param>
    /// <param name="observer">Hears progress and messages, on the session's thread.</param>
    /// <param name="cancellation">Stops the run between two blocks.</param>
    /// <exception cref="ZImageException">As for one image.</exception>
    public IReadOnlyList<GeneratedImage> Generate(ImageRequest request, int images, IGenerationObserver? observer, CancellationToken cancellation)
    {
        DrawingResult? result = null;
        Generate([(request, images)], made => result = made, observer, cancellation);
        if (result!.Fault is { } fault)
            ExceptionDispatchInfo.Throw(fault);
        return result.Images;
    }

    /// <summary>
    /// Makes images of several prompts, stage by stage: all prompts are encoded, then all drawings sampled, then all decoded, so that what comes
    /// and goes for a stage does so once. The images are the same as those made one by one.
    /// </summary>
    /// <param name="drawings">What to make, and how many images of each in lockstep, up to <see cref="MostTogether"/>.</param>
    /// <param name="completed">Called on the session's thread with each drawing, in order, as soon as it is there or has failed for reasons of its own.</param>
    /// <param name="observer">Hears progress and messages, on the session's thread.</param>
    /// <param name="cancellation">Stops the run between two blocks.</param>
    /// <exception cref="GenerationCancelledException">The run was cancelled; the session stays usable.</exception>
    /// <exception cref="ZImageException">The session has ended, or cannot be used for any of the drawings.</exception>
    public void Generate(IReadOnlyList<(ImageRequest Request, int Images)> drawings, Action<DrawingResult> completed, IGenerationObserver? observer, CancellationToken cancellation)
        => OnThread(() => WithIntactFiles(() =>
        {
            try
            {
                PreparePreviews(observer, cancellation);
                DrawAll([.. drawings.Select((drawing, i) => new Asked(i, drawing.Request, drawing.Images))], completed, observer, cancellation);
                return true;
            }
            finally
            {
                ReportSpill(observer);
            }
        }), observer, cancellation);

    /// <summary>Plans for a run, one for each mode; nothing is moved.</summary>
    /// <param name="request">Size, steps, guidance and so on; an empty prompt stands for a long one.</param>
    /// <param name="modes">The modes; Auto stands for what it would choose.</param>
    /// <param name="images">Pictures that are made together.</param>
    /// <param name="encodes">Whether a picture of that size is to be encoded too.</param>
    /// <param name="observer">Hears messages.</param>
    /// <param name="cancellation">Takes it out of the session's queue.</param>
    /// <param name="budget">A budget to plan for in place of the session's, whether so much is free or not; null for the session's.</param>
    public IReadOnlyList<MemoryPlan> Plan(ImageRequest request, IReadOnlyList<OffloadMode> modes, int images, bool encodes, IGenerationObserver? observer, CancellationToken cancellation, MemoryBudget? budget = null)
    {
        request = Resolve(request);
        CheckBatch(images);
        return OnThread(() =>
        {
            RunShape run = Shape(request, images) with { Encodes = encodes };
            long bytes = budget is null ? _planner.Budget().Bytes : _planner.BytesOf(budget);
            // In the session's own mode, as a run of it would be planned.
            return modes.Select(mode => budget is null && mode == Offload.Mode ? _planner.MakeForRun(run, timed: true) : _planner.Make(run, mode, bytes, timed: true)).ToList();
        }, observer, cancellation);
    }

    /// <summary>How many pictures of a series to make together so that each takes the least time: one where nothing is moved that they could share.</summary>
    public int ChooseBatch(ImageRequest request, int count, CancellationToken cancellation)
    {
        request = Resolve(request);
        return count == 1 ? 1 : OnThread(() => _planner.ChooseBatch(Shape(request, 1), count), null, cancellation);
    }

    /// <summary>Changes how the memory of the device is used, from now on; what the new way does not hold leaves the device at once.</summary>
    /// <exception cref="ZImageException">The session is closed, or memory ran out; the session stays usable, and pictures are drawn by the options that <see cref="Offload"/> then says.</exception>
    public void SetOffload(OffloadOptions options, IGenerationObserver? observer, CancellationToken cancellation) => OnThread(() =>
    {
        Apply(options, observer);
        return true;
    }, observer, cancellation);

    public void Dispose()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
            return;
        _closed = true;
        if (!_thread.HasFaulted)
            _thread.Run(_model.Dispose);
        _thread.Dispose();
        _videoMemory?.Dispose();
    }

    private T OnThread<T>(Func<T> work, IGenerationObserver? observer, CancellationToken cancellation)
    {
        if (_thread.IsBusy)
            observer?.OnMessage(MessageLevel.Verbose, $"{Name} is at work; this waits its turn.");
        try
        {
            return Guarded(_thread, observer, () => _closed ? throw new SessionClosedException(Name) : work(), cancellation);
        }
        catch (ObjectDisposedException) when (_closed)
        {
            throw new SessionClosedException(Name);
        }
    }

    private ImageRequest Resolve(ImageRequest request) => RequestRules.Resolve(request, _model.Autoencoder.Scale);

    private static void CheckBatch(int images)
    {
        if (images is < 1 or > MostTogether)
            throw new InvalidSettingException("BatchSize", images, $"from 1 to {MostTogether}");
    }

    private void DrawAll(IReadOnlyList<Asked> asked, Action<DrawingResult> completed, IGenerationObserver? observer, CancellationToken cancellation)
    {
        // Faults of requests come in their turn, behind the pictures before them.
        var faults = new Dictionary<int, ZImageException>();
        var resolved = new List<Asked>();
        foreach (Asked each in asked)
        {
            try
            {
                CheckBatch(each.Images);
                resolved.Add(new Asked(each.Index, Resolve(each.Request), each.Images));
            }
            catch (ZImageException fault) when (ImageRun.IsOfOne(fault))
            {
                faults[each.Index] = fault;
            }
        }
        int next = 0;
        if (resolved.Count > 0)
            DrawTogether(resolved, Complete, observer, cancellation);
        foreach ((int index, ZImageException fault) in faults.OrderBy(pair => pair.Key))
            completed(new DrawingResult(index, [], fault));

        void Complete(DrawingResult result)
        {
            for (; faults.Remove(next, out ZImageException? earlier); next++)
                completed(new DrawingResult(next, [], earlier));
            next = result.Index + 1;
            completed(result);
        }
    }

    private void PreparePreviews(IGenerationObserver? observer, CancellationToken cancellation)
    {
        if (observer?.PreviewInterval is null || _model.Colors.IsKnown)
            return;
        try
        {
            LatentProbe.Run(_model, _planner, cancellation);
        }
        catch (ZImageException fault) when (ImageRun.IsOfOne(fault))
        {
            observer.OnMessage(MessageLevel.Verbose, $"No previews are shown, because what shows them could not be prepared: {fault.Message}");
        }
    }

    // What does not go together is drawn in two halves.
    private void DrawTogether(IReadOnlyList<Asked> asked, Action<DrawingResult> completed, IGenerationObserver? observer, CancellationToken cancellation)
    {
        int done = 0;
        bool together;
        try
        {
            var run = new ImageRun(_model, _planner, _prompts, this, observer, cancellation);
            together = run.Draw(() => [.. asked.Select(each => each.Drawing ??= Tokenize(each.Request, each.Images, observer))], () => CheckFiles(lookUp: false), (i, drawing) =>
            {
                // What was read from a changed file is no picture of the model.
                CheckFiles(lookUp: false);
                done++;
                completed(new DrawingResult(asked[i].Index, drawing.Fault is null ? [.. drawing.Made] : [], drawing.Fault));
            });
        }
        catch (ZImageException fault) when (done == 0 && ImageRun.IsOfOne(fault))
        {
            if (asked.Count == 1)
            {
                completed(new DrawingResult(asked[0].Index, [], fault));
                return;
            }
            // Of one prompt, perhaps, or of too many at a time.
            together = false;
        }
        if (together)
            return;
        int half = asked.Count / 2;
        DrawTogether([.. asked.Take(half)], completed, observer, cancellation);
        DrawTogether([.. asked.Skip(half)], completed, observer, cancellation);
    }

    private Drawing Tokenize(ImageRequest request, int images, IGenerationObserver? observer)
    {
        float[] sigmas = RequestRules.Sigmas(request, _model.Autoencoder.Scale);
        int steps = sigmas.Length - 1;
        if (steps < request.Steps)
            observer?.OnMessage(MessageLevel.Verbose, $"The scheduler {request.Scheduler} has {steps} different noise levels for {request.Steps} steps; it takes {steps} steps.");
        List<int[]> prompts = [_tokenizer.EncodePrompt(request.Prompt, out bool truncated)];
        if (truncated)
            observer?.OnMessage(MessageLevel.Warning, $"The prompt is longer than {Qwen3Tokenizer.MaxPromptTokens} tokens; its end is not used.");
        if (RequestRules.IsGuided(request))
            prompts.Add(_tokenizer.EncodePrompt(request.NegativePrompt, out _));
        return new Drawing(request, images, sigmas, prompts, truncated);
    }

    // An empty prompt stands for a long one that is not known.
    private RunShape Shape(ImageRequest request, int images)
    {
        Drawing drawing = Tokenize(request, images, null);
        RunShape run = RunShape.Of(request.Prompt.Length == 0 ? drawing.Shape with { PromptTokens = AssumedPromptTokens } : drawing.Shape);
        return request.Prompt.Length == 0 ? run : run with { Prompts = [.. drawing.Prompts.Where(prompt => _prompts.Find(prompt) is null).Select(prompt => prompt.Length)] };
    }

    // Places what the first phase of a picture of the default size holds, if it fits.
    private void Apply(OffloadOptions options, IGenerationObserver? observer)
    {
        RequestRules.CheckTiles(options.VaeTileSize, options.VaeTileOverlap);
        _model.Move(options);
        _planner.Options = options;
        _prompts.Caching = options.PromptCache;
        if (options.PromptCache == PromptCaching.Off)
            _prompts.Clear();
        _model.Residency.Transfer.Prefetch = options.Prefetch;
        var request = new ImageRequest
        {
            Prompt = "",
            Width = Defaults.Width,
            Height = Defaults.Height,
            Steps = Defaults.Steps,
            Sampler = Defaults.Sampler,
            Scheduler = Defaults.Scheduler,
            Shift = Defaults.Shift,
            CfgScale = Defaults.CfgScale,
            Seed = 0,
        };
        RunShape shape = RunShape.Of(new DrawingShape(request, RequestRules.Sigmas(request, _model.Autoencoder.Scale), AssumedPromptTokens,
            RequestRules.IsGuided(request) ? AssumedPromptTokens : 0, 1));
        DeviceBudget budget = _planner.Budget();
        var ladder = new PlanLadder(_model, _planner, observer);
        try
        {
            ladder.Start(shape);
        }
        catch (BudgetTooSmallException fault)
        {
            Warn(fault.Plan);
            _model.Memory.Limit = fault.Plan.BudgetBytes;
            _model.Ram.Limit = long.MaxValue;
            _model.Residency.Transfer.Keep(new HashSet<BlockImage>());
            _model.Residency.Clear();
            observer?.OnMessage(MessageLevel.Warning, $"{fault.Message} {fault.RecommendedAction}");
            return;
        }
        Warn(ladder.Plan);
        try
        {
            ladder.Do(ladder.Plan.Phases[0].Phase, () => shape, _ => true);
        }
        finally
        {
            _model.Residency.Transfer.Rest();
        }

        void Warn(MemoryPlan plan)
        {
            foreach (string warning in _planner.Warnings(plan, budget))
                observer?.OnMessage(MessageLevel.Warning, warning);
        }
    }

    // Windows grants memory to the process: what other sessions have of it is not to be had.
    private long? SystemLimit(long own)
        => _videoMemory?.Read() is { } usage ? usage.LocalBudgetBytes - Math.Max(usage.LocalUsageBytes - own, 0) : null;

    private void ReportSpill(IGenerationObserver? observer)
    {
        if (_spill.Check(HostCopy.TotalBytes) is { } warning)
            observer?.OnMessage(MessageLevel.Warning, warning);
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
        foreach (MappedFile file in _model.MappedFiles)
        {
            if (file.FindChange(lookUp) is { } change)
                throw new ModelFileChangedException(file.Path, change);
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

    private static ComponentSummary Summarize(ComponentKind kind, ModelWeights weights)
    {
        List<CheckpointTensor> stored = [.. weights.Blocks.SelectMany(b => b.Weights).SelectMany(w => w.Sources).Select(source => source.Stored)];
        return new ComponentSummary(kind, weights.File.Path, stored.Sum(s => s.Elements), stored.Sum(s => s.Bytes), CheckpointTensor.BytesByType(stored));
    }

    // What is to be drawn, and what was made of it once its prompt was read.
    private sealed record Asked(int Index, ImageRequest Request, int Images)
    {
        public Drawing? Drawing { get; set; }
    }
}
