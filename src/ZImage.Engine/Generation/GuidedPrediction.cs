using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Engine.Sampling;

namespace ZImage.Engine.Generation;

/// <summary>
/// The velocity the sampler follows, with classifier-free guidance where it is asked for:
/// positive + guidance (positive - negative), as the model's authors compute it.
/// </summary>
public sealed class GuidedPrediction : IDisposable
{
    private readonly TransformerRun _positive;
    private readonly TransformerRun? _negative;
    private readonly ComputeBuffer _compute;
    private readonly float[] _negativeOutput = [];
    private readonly float _guidance;

    /// <param name="model">The transformer; its weights are placed.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="width">Latent width.</param>
    /// <param name="height">Latent height.</param>
    /// <param name="caption">Hidden state of the prompt, [caption_dim, tokens].</param>
    /// <param name="negative">Hidden state of the negative prompt; null without guidance.</param>
    /// <param name="guidance">Weight of the difference; 0 is the plain conditional model.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    public GuidedPrediction(Transformer model, DeviceMemory memory, int width, int height, float[] caption, float[]? negative, float guidance, CancellationToken cancellation)
    {
        int Tokens(float[] features) => (int)(features.Length / model.Config.CaptionDim);
        _guidance = guidance;
        _positive = new TransformerRun(model, memory, width, height, Tokens(caption));
        try
        {
            if (negative is not null)
            {
                _negative = new TransformerRun(model, memory, width, height, Tokens(negative));
                _negativeOutput = new float[width * height * model.Config.Channels];
            }
            Announce("before step 1");
            _compute = new ComputeBuffer(memory, [.. _positive.Graphs, .. _negative?.Graphs ?? []], "the transformer's computation");
            _positive.SetCaption(caption, cancellation);
            _negative?.SetCaption(negative, cancellation);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Says what comes next, for a fault to name: for example <c>step 3 of 8</c>.</summary>
    public void Announce(string moment)
    {
        _positive.Moment = moment;
        _negative?.Moment = moment + ", negative prompt";
    }

    /// <summary>Velocity at a noise level: the negated output of the model at time 1 - sigma.</summary>
    /// <param name="latent">The latent at that level.</param>
    /// <param name="sigma">Noise level.</param>
    /// <param name="velocity">Takes the velocity.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <param name="unguided">Takes the velocity for the negative prompt, which is the same without guidance; empty where nobody asks for it.</param>
    /// <exception cref="BlockResultException">A prediction holds NaN or infinity, or is the same for every part of the image.</exception>
    public void Velocity(ReadOnlySpan<float> latent, float sigma, Span<float> velocity, CancellationToken cancellation, Span<float> unguided = default)
    {
        float time = FlowMatching.ModelTime(sigma);
        _positive.Predict(latent, time, velocity, cancellation);
        _negative?.Predict(latent, time, _negativeOutput, cancellation);
        for (int i = 0; i < unguided.Length; i++)
            unguided[i] = -(_negative is null ? velocity[i] : _negativeOutput[i]);
        for (int i = 0; i < velocity.Length; i++)
            velocity[i] = -(_negative is null ? velocity[i] : velocity[i] + _guidance * (velocity[i] - _negativeOutput[i]));
    }

    public void Dispose()
    {
        _compute?.Dispose();
        _negative?.Dispose();
        _positive.Dispose();
    }
}
