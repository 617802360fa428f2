using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>
/// One run from requests to pictures: all prompts are encoded, then all drawings sampled, then all decoded, each phase on what the plan holds on
/// the device then. On the session's native thread.
/// </summary>
internal sealed class ImageRun
{
    private readonly LoadedModel _model;
    private readonly SessionPlanner _planner;
    private readonly PromptCache _cache;
    private readonly ModelSession _session;
    private readonly IGenerationObserver? _observer;
    private readonly CancellationToken _cancellation;
    private readonly TimelineRecorder _timeline;
    private readonly PlanLadder _ladder;
    private readonly RunPreview? _preview;
    private IReadOnlyList<Drawing> _drawings = [];
    private MemoryPlan? _plan;

    public ImageRun(LoadedModel model, SessionPlanner planner, PromptCache cache, ModelSession session, IGenerationObserver? observer, CancellationToken cancellation)
    {
        (_model, _planner, _cache, _session, _observer, _cancellation) = (model, planner, cache, session, observer, cancellation);
        _timeline = new TimelineRecorder(model.Memory, model.Residency.Transfer);
        _ladder = new PlanLadder(model, planner, observer) { Entering = Enter };
        if (observer?.PreviewInterval is { } interval && model.Colors.IsKnown)
            _preview = new RunPreview(model.Colors, interval, observer);
    }

    /// <summary>Makes the pictures of drawings that go through the phases together.</summary>
    /// <param name="prepare">Tokenizes; the first part of the run.</param>
    /// <param name="checkFiles">Called after each step.</param>
    /// <param name="completed">Called with each drawing, in order, when its pictures are there or it has failed for reasons of its own.</param>
    /// <returns>False where several drawings do not go together: nothing was moved then.</returns>
    /// <exception cref="BudgetTooSmallException">A single drawing does not fit; nothing was moved.</exception>
    public bool Draw(Func<IReadOnlyList<Drawing>> prepare, Action checkFiles, Action<int, Drawing> completed)
    {
        _cancellation.ThrowIfCancellationRequested();
        Report(Phase.Tokenize, null);
        _drawings = _timeline.Record(Phase.Tokenize, "prompt", prepare);
        try
        {
            if (!_ladder.Start(Rest()))
                return false;
            _plan = _ladder.Plan;
            Condition();
            for (int i = 0; i < _drawings.Count; i++)
                Part(i, Phase.Sample, () => Rest(), phase => Sample(i, phase, checkFiles));
            for (int i = 0; i < _drawings.Count; i++)
            {
                if (_drawings[i].Fault is null)
                    Part(i, Phase.Decode, () => Rest(i), _ => Decode(i));
                completed(i, _drawings[i]);
                _drawings[i].LetGo();
            }
            return true;
        }
        finally
        {
            _model.Residency.Transfer.Rest();
        }
    }

    /// <summary>Whether a fault is a matter of one drawing, and the others can go on.</summary>
    public static bool IsOfOne(Exception fault) => fault is ZImageException { EndsSession: false } and not GenerationCancelledException;

    // One drawing in one phase. What is wrong with a picture is no matter of the others.
    private void Part(int index, Phase phase, Func<RunShape> rest, Action<PhasePlan> part)
    {
        _timeline.Drawing = index;
        try
        {
            _ladder.Do(phase, rest, entered =>
            {
                _timeline.Begin();
                part(entered);
                return true;
            });
        }
        catch (ZImageException fault) when (_drawings.Count > 1 && IsOfOne(fault))
        {
            _drawings[index].Fault = fault;
        }
        finally
        {
            _timeline.Drawing = null;
        }
    }

    // What is left to do when some of the drawings are decoded.
    private RunShape Rest(int decoded = 0)
    {
        List<Drawing> left = [.. _drawings.Skip(decoded).Where(drawing => drawing.Fault is null)];
        return new RunShape([.. Unknown().Select(prompt => prompt.Length)],
            [.. left.Where(drawing => drawing.Latents is null).Select(drawing => drawing.Shape)], [.. left.Select(drawing => drawing.Shape)]);
    }

    // Prompts whose hidden states are not known, each once.
    private List<int[]> Unknown()
    {
        var unknown = new Dictionary<string, int[]>();
        foreach (Drawing drawing in _drawings)
        {
            for (int i = 0; i < drawing.Prompts.Count; i++)
            {
                if ((drawing.Captions[i] ??= _cache.Find(drawing.Prompts[i])) is null)
                    unknown.TryAdd(string.Join(',', drawing.Prompts[i]), drawing.Prompts[i]);
            }
        }
        return [.. unknown.Values];
    }

    private void Condition()
    {
        List<int[]> prompts = Unknown();
        if (prompts.Count == 0)
        {
            _observer?.OnMessage(MessageLevel.Verbose, "The prompt cache has what the text encoder would say, so it is not asked.");
            return;
        }
        float[][] captions = _ladder.Do(Phase.Condition, () => Rest(), phase =>
        {
            Report(Phase.Condition, null);
            float[][] hidden = _timeline.Record(Phase.Condition, prompts.Count == 1 ? "prompt" : $"{prompts.Count} prompts",
                () => _model.TextEncoder.Encode(prompts, _model.MemoryOf(ComponentKind.TextEncoder), _cancellation));
            _planner.Learn(ComponentKind.TextEncoder, phase.Flops, _timeline.Last.DurationSeconds, _timeline.Last.UploadedBytes);
            return hidden;
        });
        for (int i = 0; i < prompts.Count; i++)
        {
            _cache.Add(prompts[i], captions[i], _observer);
            foreach (Drawing drawing in _drawings)
            {
                for (int k = 0; k < drawing.Prompts.Count; k++)
                {
                    if (drawing.Prompts[k].AsSpan().SequenceEqual(prompts[i]))
                        drawing.Captions[k] = captions[i];
                }
            }
        }
    }

    private void Sample(int index, PhasePlan phase, Action checkFiles)
    {
        Drawing drawing = _drawings[index];
        ImageRequest request = drawing.Request;
        (int width, int height) = _planner.Needs.Latent(drawing.Shape);
        INoiseSource noise = NoiseSources.CreateForBatch(request.Rng, request.Seed, drawing.Images);
        var latents = new float[drawing.Images * width * height * _model.Transformer.Config.Channels];
        noise.Fill(latents);
        if (drawing.Sigmas[0] != 1)
        {
            for (int i = 0; i < latents.Length; i++)
                latents[i] *= drawing.Sigmas[0];
        }

        Report(Phase.Sample, index);
        TimeSpan start = _timeline.Elapsed, stepStart = start;
        double flops = _planner.Needs.Sampling(drawing.Shape).Flops * RunNeeds.Evaluations(drawing.Shape) / drawing.Steps;
        using GuidedPrediction prediction = GuidedPrediction.Start(_model.Transformer, _model.Memory, width, height, drawing.Captions[0]!, drawing.Captions[1],
            request.CfgScale - 1, _cancellation, drawing.Images);
        int current = 0;
        void Announce(int step)
        {
            current = step;
            prediction.Announce($"step {step} of {drawing.Steps}");
        }
        var options = new SamplingOptions
        {
            Eta = request.Eta,
            Noise = noise,
            Cancellation = _cancellation,
            StepCompleted = step =>
            {
                TimelineEntry entry = _timeline.Add(Phase.Sample, $"step {step.Number}", stepStart);
                // The first step warms kernels up, and brings what is not there yet.
                if (step.Number > 1 || step.Count == 1)
                    _planner.Learn(ComponentKind.Transformer, flops, entry.DurationSeconds, entry.UploadedBytes);
                checkFiles();
                Announce(step.Number + 1);
                stepStart = _timeline.Elapsed;
                Report(Phase.Sample, index, step.Number, (stepStart - start) / step.Number * (step.Count - step.Number));
            },
        };
        Announce(1);
        Samplers.Get(request.Sampler).Sample(latents, drawing.Sigmas, (x, sigma, velocity, unguided) =>
        {
            prediction.Velocity(x, sigma, velocity, _cancellation, unguided, again: current < drawing.Steps);
            _preview?.Show(x, sigma, velocity, width, height);
        }, options);
        drawing.Latents = latents;
    }

    private void Decode(int index)
    {
        Drawing drawing = _drawings[index];
        (int width, int height) = _planner.Needs.Latent(drawing.Shape);
        int length = drawing.Latents!.Length / drawing.Images;
        ImageWay way = _planner.Needs.WayOf(drawing.Shape, _ladder.Plan.Decoding);
        // What was decoded before a step down is kept.
        for (int i = drawing.Made.Count; i < drawing.Images; i++)
        {
            float[] latent = drawing.Latents[(i * length)..((i + 1) * length)];
            ImageRequest own = drawing.Request with { Seed = unchecked(drawing.Request.Seed + i) };
            Report(Phase.Decode, index, drawing.Steps);
            float[] pixels = _timeline.Record(Phase.Decode, drawing.Images == 1 ? "image" : $"image {i + 1}", () => _model.Autoencoder.Decode(
                latent, width, height, _model.MemoryOf(ComponentKind.Autoencoder), _model.Ram, way, null, _cancellation));
            _planner.Learn(ComponentKind.Autoencoder, _planner.Needs.Decoding(drawing.Shape, way).Flops, _timeline.Last.DurationSeconds, _timeline.Last.UploadedBytes);
            PixelImage picture = Picture(pixels, latent, own, way);
            _preview?.Learn(latent, pixels, width, height);
            Timeline timeline = _timeline.Of(index);
            drawing.Made.Add(new GeneratedImage
            {
                Pixels = picture,
                Request = own,
                Model = _session.Identity,
                Origin = ImageOrigin.Of(_model, _ladder.Plan.Mode, way, _ladder.Steps.Count),
                Timeline = timeline,
                Plan = _plan!,
                StepsDown = _ladder.Steps.ToArray(),
                LatentHash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(latent))),
                PromptTokens = drawing.Shape.PromptTokens,
                PromptTruncated = drawing.Truncated,
                DurationSeconds = _timeline.Elapsed.TotalSeconds,
                PeakDeviceBytes = timeline.Entries.Max(e => e.PeakDeviceBytes),
                UploadedBytes = timeline.Entries.Sum(e => e.UploadedBytes),
            });
        }
    }

    // Part of the run as a whole: the next drawing needs what the device holds as well.
    private void Enter(PhasePlan phase, Action enter)
    {
        int? drawing = _timeline.Drawing;
        _timeline.Drawing = null;
        try
        {
            _timeline.Record(Phase.Offload, "before " + phase.Phase, () =>
            {
                enter();
                return true;
            });
        }
        finally
        {
            _timeline.Drawing = drawing;
        }
    }

    private PixelImage Picture(float[] pixels, float[] latent, ImageRequest request, ImageWay way)
    {
        try
        {
            return PixelImage.FromDecoder(pixels, request.Width, request.Height);
        }
        catch (DegenerateImageException fault)
        {
            string? stage = _model.Autoencoder.FirstConstantStage(latent, request.Width / _model.Autoencoder.Scale, request.Height / _model.Autoencoder.Scale,
                _model.MemoryOf(ComponentKind.Autoencoder), _model.Ram, way, _cancellation);
            throw new DegenerateImageException(request.Width, request.Height,
                $"{fault.Reason}; {(stage is null ? "every stage of the decoder varies over the image, so the colours are out of range" : $"the first stage of the decoder that does not vary over the image is {stage}")}");
        }
    }

    private void Report(Phase phase, int? drawing, int step = 0, TimeSpan? remaining = null)
        => _observer?.OnProgress(new GenerationProgress(phase, step, drawing is { } index ? _drawings[index].Steps : 0, _timeline.Elapsed, remaining, drawing + 1 ?? 0, Math.Max(_drawings.Count, 1),
            _model.Memory.Bytes, _model.Memory.Limit));
}
