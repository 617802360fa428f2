using ZImage.Engine.Models;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>One image to make. Everything that determines it, apart from the model and the device.</summary>
public sealed record ImageRequest
{
    public required string Prompt { get; init; }

    /// <summary>What to steer away from; used only with <see cref="CfgScale"/> above 1, and by samplers with <see cref="ISampler.UsesUnguided"/>.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Pixels; a multiple of 16.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels; a multiple of 16.</summary>
    public required int Height { get; init; }

    /// <summary>Steps of the sampler along the schedule.</summary>
    public required int Steps { get; init; }

    public required string Sampler { get; init; }

    public required string Scheduler { get; init; }

    /// <summary>Flow shift of the schedule: s' = shift s / (1 + (shift - 1) s). Some schedules do not look at it.</summary>
    public required float Shift { get; init; }

    /// <summary>
    /// Noise levels of one's own, falling from at most 1; a last 0 may be left out (<see cref="NoiseLevels"/>). Where they are
    /// given, <see cref="Steps"/> follows them, and <see cref="Scheduler"/> and <see cref="Shift"/> do not count.
    /// </summary>
    public IReadOnlyList<float>? Sigmas { get; init; }

    /// <summary>Share of fresh noise a step, 0 to 1; null for the sampler's own. Samplers that take none do not look at it.</summary>
    public float? Eta { get; init; }

    /// <summary>
    /// Guidance, 1 for none: the prediction is positive + (CfgScale - 1) (positive - negative), the scale diffusers calls
    /// guidance_scale being CfgScale - 1 for this model. From 0 for samplers with <see cref="ISampler.UsesUnguided"/>.
    /// </summary>
    public float CfgScale { get; init; } = 1;

    /// <summary>Seed of the start noise.</summary>
    public required long Seed { get; init; }

    /// <summary>The random generator that the seed is for.</summary>
    public NoiseGenerator Rng { get; init; }

    /// <summary>Tiles to decode it in, whatever the session's options say; null to leave it to them.</summary>
    public ImageTiles? Tiles { get; init; }

    /// <summary>In words.</summary>
    public override string ToString()
    {
        string levels = Sigmas is null ? $"{Steps} steps of {Sampler} on {Scheduler}" : $"{Sampler} on the noise levels {NoiseLevels.Text(Sigmas)}";
        return FormattableString.Invariant($"'{Prompt}' at {Width}x{Height}, {levels}, seed {Seed}");
    }
}

/// <summary>The settings a model is made for, used where a request leaves them open.</summary>
public sealed record ModelDefaults(int Width, int Height, int Steps, string Sampler, string Scheduler, float Shift, float CfgScale)
{
    public override string ToString() => FormattableString.Invariant($"{Width}x{Height}, {Steps} steps of {Sampler} on {Scheduler}, shift {Shift}, CFG scale {CfgScale}");
}
