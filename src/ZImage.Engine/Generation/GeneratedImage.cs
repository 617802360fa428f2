using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;

namespace ZImage.Engine.Generation;

/// <summary>What made an image: names and fingerprints of the three files. An image file keeps the first digits of the fingerprints.</summary>
public sealed record ModelIdentity(string Name, string DiffusionFingerprint, string TextEncoderFingerprint, string VaeFingerprint)
{
    /// <summary>Whether the fingerprints, whole or their first digits, are those of a model. One that is not known fits none.</summary>
    public bool Fits(ModelIdentity model)
        => Begins(DiffusionFingerprint, model.DiffusionFingerprint)
            && Begins(TextEncoderFingerprint, model.TextEncoderFingerprint)
            && Begins(VaeFingerprint, model.VaeFingerprint);

    /// <summary>A sentence for each file that was another one.</summary>
    /// <param name="now">The model that draws now.</param>
    public IEnumerable<string> DifferencesTo(ModelIdentity now)
    {
        (string What, string Then, string Now)[] files =
            [("Model", DiffusionFingerprint, now.DiffusionFingerprint), ("Text encoder", TextEncoderFingerprint, now.TextEncoderFingerprint), ("Autoencoder", VaeFingerprint, now.VaeFingerprint)];
        foreach ((string what, string then, string today) in files)
        {
            if (then.Length > 0 && !Begins(then, today))
                yield return $"{what}: its file was {then}{(what == "Model" ? $" ({Name})" : "")}, and is {today[..Math.Min(then.Length, today.Length)]}{(what == "Model" ? $" ({now.Name})" : "")} now.";
        }
        if (DiffusionFingerprint.Length == 0)
            yield return $"Model: it was {Name}, without a fingerprint, and is {now.Name} now.";
    }

    public override string ToString() => Name;

    private static bool Begins(string digits, string fingerprint)
        => digits.Length > 0 && fingerprint.StartsWith(digits, StringComparison.OrdinalIgnoreCase);
}

/// <summary>An image with everything that led to it.</summary>
public sealed class GeneratedImage
{
    public required PixelImage Pixels { get; init; }

    public required ImageRequest Request { get; init; }

    public string Prompt => Request.Prompt;

    public string NegativePrompt => Request.NegativePrompt;

    /// <summary>Pixels.</summary>
    public int Width => Request.Width;

    /// <summary>Pixels.</summary>
    public int Height => Request.Height;

    public int Steps => Request.Steps;

    public string Sampler => Request.Sampler;

    /// <summary>Null where the noise levels were given one by one.</summary>
    public string? Scheduler => Sigmas is null ? Request.Scheduler : null;

    /// <summary>Null where it did not count.</summary>
    public float? Shift => Scheduler is not null && SigmaSchedules.Get(Scheduler).UsesShift ? Request.Shift : null;

    /// <summary>Noise levels of one's own, the last one 0; null where a scheduler placed the steps.</summary>
    public IReadOnlyList<float>? Sigmas => Request.Sigmas;

    /// <summary>The share of fresh noise that was asked for; null for the sampler's own.</summary>
    public float? Eta => Request.Eta;

    public float CfgScale => Request.CfgScale;

    public long Seed => Request.Seed;

    public NoiseGenerator Rng => Request.Rng;

    /// <summary>SHA-256 of the RGB bytes, in hex.</summary>
    public string PixelHash => Pixels.PixelHash;

    public required ModelIdentity Model { get; init; }

    /// <summary>What computed it: where another image of the same settings differs, it is for one of these.</summary>
    public required ImageOrigin Origin { get; init; }

    /// <summary>Name of the device that computed it.</summary>
    public string Device => Origin.Device!;

    /// <summary>All that determines the image, as the text that an image file keeps.</summary>
    public string Parameters => ImageParameters.Describe(this).ToString();

    /// <summary>The parts of the run that the picture needed: its own, and those done for all that were made together.</summary>
    public required Timeline Timeline { get; init; }

    /// <summary>Changes of plan in the middle of the run; none where the plan held.</summary>
    public required IReadOnlyList<StepDown> StepsDown { get; init; }

    /// <summary>What was planned for the run at its beginning; the timeline says what happened.</summary>
    public required MemoryPlan Plan { get; init; }

    /// <summary>SHA-256 of the latent before decoding, in hex: equal in every offload mode.</summary>
    public required string LatentHash { get; init; }

    /// <summary>Tokens of the prompt, chat template included.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>True when the prompt was longer than the text encoder takes and its end was not used.</summary>
    public required bool PromptTruncated { get; init; }

    /// <summary>Seconds from request to pixels; of pictures that were made together, from their common beginning.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Time from request to pixels.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(DurationSeconds);

    /// <summary>Most device bytes of ours at any time of the run.</summary>
    public required long PeakDeviceBytes { get; init; }

    /// <summary>Bytes of weights that were moved to the device in the run.</summary>
    public required long UploadedBytes { get; init; }
}
