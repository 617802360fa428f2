using ZImage.Engine.Memory;

namespace ZImage.Engine.Generation;

/// <summary>One prompt that is drawn, as one or more pictures in lockstep, and what a run has computed of it so far.</summary>
internal sealed class Drawing
{
    /// <param name="request">A resolved request, for the first picture; each other takes the seed after the one before.</param>
    /// <param name="images">Pictures in lockstep.</param>
    /// <param name="sigmas">Noise levels.</param>
    /// <param name="prompts">Token ids of the prompt, and of the negative prompt with guidance.</param>
    /// <param name="truncated">Whether the prompt was longer than the text encoder takes.</param>
    public Drawing(ImageRequest request, int images, float[] sigmas, IReadOnlyList<int[]> prompts, bool truncated)
    {
        (Request, Prompts, Truncated) = (request, prompts, truncated);
        Shape = new DrawingShape(request, sigmas, prompts[0].Length, prompts.Count > 1 ? prompts[1].Length : 0, images);
    }

    public ImageRequest Request { get; }

    public DrawingShape Shape { get; }

    public IReadOnlyList<int[]> Prompts { get; }

    public bool Truncated { get; }

    public int Images => Shape.Images;

    public float[] Sigmas => Shape.Sigmas;

    public int Steps => Sigmas.Length - 1;

    /// <summary>Hidden state of each prompt, [caption_dim, tokens]; null until it was encoded or found.</summary>
    public float[]?[] Captions { get; } = new float[2][];

    /// <summary>The latents, one picture behind the other; null until they were sampled.</summary>
    public float[]? Latents { get; set; }

    public List<GeneratedImage> Made { get; } = [];

    /// <summary>Lets go what was handed over.</summary>
    public void LetGo()
    {
        Latents = [];
        Made.Clear();
    }

    /// <summary>What kept it from being drawn, where that is no matter of the others.</summary>
    public ZImageException? Fault { get; set; }
}

/// <summary>What of a drawing counts for time and memory.</summary>
/// <param name="Request">Size, steps, sampler and noise levels.</param>
/// <param name="Sigmas">Its noise levels.</param>
/// <param name="PromptTokens">Tokens of the prompt, template included.</param>
/// <param name="NegativeTokens">Tokens of the negative prompt; 0 without guidance.</param>
/// <param name="Images">Pictures that are made in lockstep.</param>
internal sealed record DrawingShape(ImageRequest Request, float[] Sigmas, int PromptTokens, int NegativeTokens, int Images);

/// <summary>What a run, or the rest of one, looks like to the planner: what is encoded, then sampled, then decoded.</summary>
/// <param name="Prompts">Tokens of each prompt that is to be encoded; none where all are known.</param>
/// <param name="Sampled">Drawings that are to be sampled.</param>
/// <param name="Decoded">Drawings that are to be decoded; at least one.</param>
/// <param name="Encodes">Whether pictures of the sizes are encoded too.</param>
internal sealed record RunShape(IReadOnlyList<int> Prompts, IReadOnlyList<DrawingShape> Sampled, IReadOnlyList<DrawingShape> Decoded, bool Encodes = false)
{
    /// <summary>A whole run of one drawing whose prompts are not known yet.</summary>
    public static RunShape Of(DrawingShape drawing)
        => new(drawing.NegativeTokens > 0 ? [drawing.PromptTokens, drawing.NegativeTokens] : [drawing.PromptTokens], [drawing], [drawing]);

    /// <summary>Whether the pictures are of different sizes.</summary>
    public bool HasSizes => Decoded.Select(drawing => (drawing.Request.Width, drawing.Request.Height)).Distinct().Skip(1).Any();

    /// <summary>Whether one of the pictures has tiles of its own.</summary>
    public bool HasTiles => Decoded.Any(drawing => drawing.Request.Tiles is not null);

    /// <summary>The same with every drawing changed.</summary>
    public RunShape With(Func<DrawingShape, DrawingShape> change) => this with { Sampled = [.. Sampled.Select(change)], Decoded = [.. Decoded.Select(change)] };
}

/// <summary>How a drawing ended: its pictures, or what kept it from being drawn.</summary>
/// <param name="Index">Which of the drawings that were asked for.</param>
/// <param name="Images">The pictures; none with a fault.</param>
/// <param name="Fault">Null where it was drawn.</param>
public sealed record DrawingResult(int Index, IReadOnlyList<GeneratedImage> Images, ZImageException? Fault);
