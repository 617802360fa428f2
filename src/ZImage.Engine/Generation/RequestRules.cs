using ZImage.Engine.Models;
using ZImage.Engine.Sampling;

namespace ZImage.Engine.Generation;

/// <summary>What a request must be like.</summary>
internal static class RequestRules
{
    /// <summary>The request with names as they are spelled here, and with the steps that its own noise levels make.</summary>
    /// <param name="request">What a user asked for.</param>
    /// <param name="scale">Pixels along an axis for one latent pixel.</param>
    /// <exception cref="ZImageException">A setting does not do.</exception>
    public static ImageRequest Resolve(ImageRequest request, int scale)
    {
        ArgumentNullException.ThrowIfNull(request);
        request = request with { Sampler = Samplers.Get(request.Sampler).Name, Scheduler = SigmaSchedules.Get(request.Scheduler).Name };
        if (request.Sigmas is { } list)
        {
            float[] levels = NoiseLevels.Of(list)
                ?? throw new InvalidSettingException("Sigmas", list.Count == 0 ? "empty" : NoiseLevels.Text(list), "a falling list of numbers, the first above 0 and at most 1, the last 0 or above");
            request = request with { Sigmas = levels, Steps = levels.Length - 1 };
        }
        Check(request, scale);
        return request;
    }

    private static void Check(ImageRequest request, int scale)
    {
        int multiple = scale * TransformerConfig.Patch;
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
        if (request.Tiles is { } tiles)
            CheckTiles(tiles.Size, tiles.Overlap);
    }

    /// <summary>What tiles must be like.</summary>
    /// <exception cref="InvalidSettingException">They are not.</exception>
    public static void CheckTiles(int? size, float overlap)
    {
        if (size is { } pixels && (pixels % 16 != 0 || pixels is < 64 or > 8192))
            throw new InvalidSettingException("VaeTileSize", pixels, "a multiple of 16, from 64 to 8192");
        if (!(overlap >= 0 && overlap <= 0.5f))
            throw new InvalidSettingException("VaeTileOverlap", overlap, "from 0 to 0.5");
    }

    /// <summary>Noise levels of a request, the last usually 0; a scheduler may have fewer different ones than it was asked for.</summary>
    /// <param name="request">A resolved request.</param>
    /// <param name="scale">Pixels along an axis for one latent pixel.</param>
    public static float[] Sigmas(ImageRequest request, int scale) => request.Sigmas is { } own
        ? [.. own]
        : NoiseLevels.Of(SigmaSchedules.Get(request.Scheduler), request.Steps, request.Shift, request.Width / scale * (request.Height / scale));

    /// <summary>Whether the model is asked about the negative prompt.</summary>
    public static bool IsGuided(ImageRequest request) => request.CfgScale > 1 || Samplers.Get(request.Sampler).UsesUnguided;
}
