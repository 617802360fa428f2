using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
/// One run from request to pictures: plan, then prompt, noise, steps and decoding, each on what the plan holds on the device then. On the
/// session's native thread.
/// </summary>
internal sealed class ImageRun(LoadedModel model, SessionPlanner planner, Qwen3Tokenizer tokenizer, ModelSession session, IGenerationObserver? observer, CancellationToken cancellation)
{
    private readonly Timeline _timeline = new(model.Memory, model.Residency.Transfer);
    private int _steps;

    /// <summary>Makes pictures of one prompt together.</summary>
    /// <param name="request">A resolved request, for the first of them.</param>
    /// <param name="images">How many.</param>
    /// <param name="checkFiles">Called after each step.</param>
    public IReadOnlyList<GeneratedImage> Draw(ImageRequest request, int images, Action checkFiles)
    {
        cancellation.ThrowIfCancellationRequested();
        int width = request.Width / model.Autoencoder.Scale, height = request.Height / model.Autoencoder.Scale;
        float[] sigmas = RequestRules.Sigmas(request, model.Autoencoder.Scale);
        _steps = sigmas.Length - 1;
        if (_steps < request.Steps)
            observer?.OnMessage(MessageLevel.Verbose, $"The scheduler {request.Scheduler} has {_steps} different noise levels for {request.Steps} steps; it takes {_steps} steps.");

        Report(Phase.Tokenize);
        bool truncated = false;
        List<int[]> prompts = [_timeline.Record(Phase.Tokenize, "prompt", () => tokenizer.EncodePrompt(request.Prompt, out truncated))];
        if (truncated)
            observer?.OnMessage(MessageLevel.Warning, $"The prompt is longer than {Qwen3Tokenizer.MaxPromptTokens} tokens; its end is not used.");
        if (RequestRules.IsGuided(request))
            prompts.Add(tokenizer.EncodePrompt(request.NegativePrompt, out _));

        MemoryPlan plan = MakePlan(new RunShape(request, sigmas, prompts[0].Length, prompts.Count > 1 ? prompts[1].Length : 0, images));
        try
        {
            model.Residency.Follow(plan);
            float[][] captions = Condition(plan, prompts);
            float[] latents = SampleLatents(plan, request, sigmas, width, height, images, captions, checkFiles);
            return Decode(plan, request, latents, images, prompts[0].Length, truncated);
        }
        finally
        {
            model.Residency.Transfer.Rest();
        }
    }

    private MemoryPlan MakePlan(RunShape shape)
    {
        DeviceBudget budget = planner.Budget();
        MemoryPlan plan = planner.Make(shape, planner.Options.Mode, budget.Bytes);
        if (!plan.Fits)
            throw new BudgetTooSmallException(plan, planner.Advise(shape, plan));
        observer?.OnMessage(MessageLevel.Verbose, plan.Describe());
        model.Memory.Limit = plan.BudgetBytes;
        model.Ram.Limit = Math.Max(planner.RamBudget(), plan.HostBytes);
        return plan;
    }

    private float[][] Condition(MemoryPlan plan, List<int[]> prompts)
    {
        Report(Phase.Condition);
        return Record(plan, Phase.Condition, "prompt", () => model.TextEncoder.Encode(prompts, model.MemoryOf(ComponentKind.TextEncoder), cancellation));
    }

    private float[] SampleLatents(MemoryPlan plan, ImageRequest request, float[] sigmas, int width, int height, int images, float[][] captions, Action checkFiles)
    {
        INoiseSource noise = NoiseSources.CreateForBatch(request.Rng, request.Seed, images);
        var latents = new float[images * width * height * model.Transformer.Config.Channels];
        noise.Fill(latents);
        if (sigmas[0] != 1)
        {
            for (int i = 0; i < latents.Length; i++)
                latents[i] *= sigmas[0];
        }

        PhasePlan phase = Enter(plan, Phase.Sample);
        Report(Phase.Sample);
        TimeSpan start = _timeline.Elapsed, stepStart = start;
        using GuidedPrediction prediction = GuidedPrediction.Start(model.Transformer, model.Memory, width, height, captions[0], captions.ElementAtOrDefault(1),
            request.CfgScale - 1, cancellation, images);
        int current = 0;
        void Announce(int step)
        {
            current = step;
            prediction.Announce($"step {step} of {_steps}");
        }
        var options = new SamplingOptions
        {
            Eta = request.Eta,
            Noise = noise,
            Cancellation = cancellation,
            StepCompleted = step =>
            {
                TimelineEntry entry = _timeline.Add(Phase.Sample, $"step {step.Number}", stepStart);
                // The first step warms kernels up, and brings what is not there yet.
                if (step.Number > 1 || step.Count == 1)
                    planner.Learn(ComponentKind.Transformer, phase.Flops / _steps, entry.DurationSeconds, entry.UploadedBytes);
                checkFiles();
                Announce(step.Number + 1);
                stepStart = _timeline.Elapsed;
                Report(Phase.Sample, step.Number, (stepStart - start) / step.Number * (step.Count - step.Number));
            },
        };
        Announce(1);
        Samplers.Get(request.Sampler).Sample(latents, sigmas, (x, sigma, velocity, unguided) =>
            prediction.Velocity(x, sigma, velocity, cancellation, unguided, again: current < _steps), options);
        return latents;
    }

    private List<GeneratedImage> Decode(MemoryPlan plan, ImageRequest request, float[] latents, int images, int promptTokens, bool truncated)
    {
        int width = request.Width / model.Autoencoder.Scale, height = request.Height / model.Autoencoder.Scale, length = latents.Length / images;
        Enter(plan, Phase.Decode);
        var made = new List<GeneratedImage>();
        for (int i = 0; i < images; i++)
        {
            float[] latent = latents[(i * length)..((i + 1) * length)];
            ImageRequest own = request with { Seed = unchecked(request.Seed + i) };
            Report(Phase.Decode, _steps);
            float[] pixels = Record(plan, Phase.Decode, images == 1 ? "image" : $"image {i + 1}", () => model.Autoencoder.Decode(latent, width, height, model.MemoryOf(ComponentKind.Autoencoder), model.Ram, ImageWay.Whole, null, cancellation));
            made.Add(new GeneratedImage
            {
                Pixels = Picture(pixels, latent, own),
                Request = own,
                Model = session.Identity,
                Device = model.Device.Name,
                Timeline = _timeline,
                Plan = plan,
                LatentHash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(latent))),
                PromptTokens = promptTokens,
                PromptTruncated = truncated,
                DurationSeconds = _timeline.Elapsed.TotalSeconds,
                PeakDeviceBytes = _timeline.Entries.Max(e => e.PeakDeviceBytes),
                UploadedBytes = _timeline.Entries.Sum(e => e.UploadedBytes),
            });
        }
        return made;
    }

    // Takes the device to what a phase of the plan holds.
    private PhasePlan Enter(MemoryPlan plan, Phase phase)
    {
        PhasePlan next = plan.Phases.First(each => each.Phase == phase);
        _timeline.Record(Phase.Offload, "before " + phase, () =>
        {
            model.Residency.Enter(next);
            model.Residency.Prepare(next);
            return true;
        });
        return next;
    }

    private T Record<T>(MemoryPlan plan, Phase phase, string name, Func<T> part)
    {
        PhasePlan entered = phase == Phase.Decode ? plan.Phases.First(each => each.Phase == phase) : Enter(plan, phase);
        T result = _timeline.Record(phase, name, part);
        TimelineEntry entry = _timeline.Entries[^1];
        planner.Learn(entered.Component, entered.Flops / (phase == Phase.Decode ? plan.BatchSize : 1), entry.DurationSeconds, entry.UploadedBytes);
        return result;
    }

    private PixelImage Picture(float[] pixels, float[] latent, ImageRequest request)
    {
        try
        {
            return PixelImage.FromDecoder(pixels, request.Width, request.Height);
        }
        catch (DegenerateImageException fault)
        {
            string? stage = model.Autoencoder.FirstConstantStage(latent, request.Width / model.Autoencoder.Scale, request.Height / model.Autoencoder.Scale, model.MemoryOf(ComponentKind.Autoencoder), model.Ram, ImageWay.Whole, cancellation);
            throw new DegenerateImageException(request.Width, request.Height,
                $"{fault.Reason}; {(stage is null ? "every stage of the decoder varies over the image, so the colours are out of range" : $"the first stage of the decoder that does not vary over the image is {stage}")}");
        }
    }

    private void Report(Phase phase, int step = 0, TimeSpan? remaining = null)
        => observer?.OnProgress(new GenerationProgress(phase, step, _steps, _timeline.Elapsed, remaining));
}
