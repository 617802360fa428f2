using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// The velocity the sampler follows, with classifier-free guidance where it is asked for: positive + guidance (positive - negative), as the
/// model's authors compute it. Pictures of a batch and both prompts go through the transformer together, block by block.
/// </summary>
public sealed class GuidedPrediction : IDisposable
{
    private readonly Transformer _model;
    private readonly DeviceMemory _memory;
    private readonly List<TransformerRun> _positive = [], _negative = [];
    private readonly IReadOnlyList<BlockVisit> _step;
    private readonly float[] _negativeOutput;
    private readonly int _latentLength;
    private readonly float _guidance;
    private ComputeBuffer? _compute;

    /// <summary>Describes the computation; nothing is allocated before <see cref="SetCaptions"/>.</summary>
    /// <param name="model">The transformer.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="captionTokens">Tokens of the prompt.</param>
    /// <param name="negativeTokens">Tokens of the negative prompt; 0 without guidance.</param>
    /// <param name="guidance">Weight of the difference; 0 is the plain conditional model.</param>
    /// <param name="images">Pictures that are made together.</param>
    public GuidedPrediction(Transformer model, DeviceMemory memory, int width, int height, int captionTokens, int negativeTokens, float guidance, int images = 1)
    {
        (_model, _memory, _guidance) = (model, memory, guidance);
        _latentLength = width * height * model.Config.Channels;
        _negativeOutput = new float[negativeTokens > 0 ? _latentLength : 0];
        try
        {
            for (int i = 0; i < images; i++)
            {
                _positive.Add(new TransformerRun(model, memory, width, height, captionTokens));
                if (negativeTokens > 0)
                    _negative.Add(new TransformerRun(model, memory, width, height, negativeTokens));
            }
            _step = BlockVisit.Of([.. Runs.Select(run => run.StepGraphs)]);
            Announce("before step 1");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the states and the computation take, and the operations of one evaluation for all pictures.</summary>
    public Footprint Footprint => Footprint.Of(_memory, Runs.Sum(run => run.StateBytes), [.. Runs.SelectMany(run => run.CaptionGraphs.Concat(run.StepGraphs))])
        with { Flops = Runs.SelectMany(run => run.StepGraphs).Sum(graph => graph.Graph.Flops) };

    private IEnumerable<TransformerRun> Runs => _positive.Concat(_negative);

    /// <summary>A prediction that is ready to be asked.</summary>
    /// <param name="model">The transformer; its weights have their places.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="caption">Hidden state of the prompt, [caption_dim, tokens].</param>
    /// <param name="negative">Hidden state of the negative prompt; null without guidance.</param>
    /// <param name="guidance">Weight of the difference; 0 is the plain conditional model.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <param name="images">Pictures that are made together.</param>
    public static GuidedPrediction Start(Transformer model, DeviceMemory memory, int width, int height, float[] caption, float[]? negative, float guidance,
        CancellationToken cancellation, int images = 1)
    {
        int Tokens(float[]? features) => (int)((features?.Length ?? 0) / model.Config.CaptionDim);
        var prediction = new GuidedPrediction(model, memory, width, height, Tokens(caption), Tokens(negative), guidance, images);
        try
        {
            prediction.SetCaptions(caption, negative, cancellation);
            return prediction;
        }
        catch
        {
            prediction.Dispose();
            throw;
        }
    }

    /// <summary>Says what comes next, for a fault to name: for example <c>step 3 of 8</c>.</summary>
    public void Announce(string moment)
    {
        _positive.ForEach(run => run.Moment = moment);
        _negative.ForEach(run => run.Moment = moment + ", negative prompt");
    }

    /// <summary>Velocity at a noise level: the negated output of the model at time 1 - sigma.</summary>
    /// <param name="latents">The latents at that level, one picture behind the other.</param>
    /// <param name="sigma">Noise level.</param>
    /// <param name="velocity">Takes the velocities.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <param name="unguided">Takes the velocities for the negative prompt, which are the same without guidance; empty where nobody asks for them.</param>
    /// <param name="again">Whether another call is sure to follow, so that its first blocks may be brought already.</param>
    /// <exception cref="BlockResultException">A prediction holds NaN or infinity, or is the same for every part of the image.</exception>
    public void Velocity(ReadOnlySpan<float> latents, float sigma, Span<float> velocity, CancellationToken cancellation, Span<float> unguided = default, bool again = false)
    {
        float time = FlowMatching.ModelTime(sigma);
        for (int i = 0; i < _positive.Count; i++)
        {
            ReadOnlySpan<float> latent = latents.Slice(i * _latentLength, _latentLength);
            _positive[i].BeginStep(latent, time);
            if (_negative.Count > 0)
                _negative[i].BeginStep(latent, time);
        }
        _model.Weights.Residency.Compute(_step, again, null, cancellation);
        for (int i = 0; i < _positive.Count; i++)
        {
            Span<float> own = velocity.Slice(i * _latentLength, _latentLength);
            _positive[i].EndStep(own, cancellation);
            if (_negative.Count > 0)
                _negative[i].EndStep(_negativeOutput, cancellation);
            if (unguided.Length > 0)
            {
                Span<float> plain = unguided.Slice(i * _latentLength, _latentLength);
                for (int k = 0; k < plain.Length; k++)
                    plain[k] = -(_negative.Count == 0 ? own[k] : _negativeOutput[k]);
            }
            for (int k = 0; k < own.Length; k++)
                own[k] = -(_negative.Count == 0 ? own[k] : own[k] + _guidance * (own[k] - _negativeOutput[k]));
        }
    }

    /// <summary>Allocates what the computation takes, and embeds the captions.</summary>
    /// <exception cref="BudgetExceededException">It would exceed the budget.</exception>
    /// <exception cref="DeviceOutOfMemoryException">The device has no room.</exception>
    public void SetCaptions(float[] caption, float[]? negative, CancellationToken cancellation)
    {
        foreach (TransformerRun run in Runs)
            run.Allocate();
        _compute = new ComputeBuffer(_memory, [.. Runs.SelectMany(run => run.Graphs)], "the transformer's computation");
        _positive.ForEach(run => run.BeginCaption(caption));
        _negative.ForEach(run => run.BeginCaption(negative));
        _model.Weights.Residency.Compute(BlockVisit.Of([.. Runs.Select(run => run.CaptionGraphs)]), again: false, null, cancellation);
        foreach (TransformerRun run in Runs)
            run.EndCaption(cancellation);
    }

    public void Dispose()
    {
        _compute?.Dispose();
        foreach (TransformerRun run in Runs)
            run.Dispose();
    }
}
