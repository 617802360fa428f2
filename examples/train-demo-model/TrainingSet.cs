using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>The drawings as latents, and the token ids of every prompt for them.</summary>
public sealed class TrainingSet
{
    private readonly List<Scene> _scenes;
    private readonly int _drawingsPerScene;
    private readonly Tensor _latents;
    private readonly int[][][] _tokens;
    private readonly int[][] _scenesOf;

    /// <summary>Draws every combination that is not held out, each several times.</summary>
    public TrainingSet(Latents latents, Vocabulary vocabulary, int drawingsPerScene, IReadOnlyList<Scene>? only = null)
    {
        _scenes = only is null ? [.. Prompts.Combinations().Where(c => !c.HeldOut).Select(c => c.Scene)] : [.. only];
        _drawingsPerScene = drawingsPerScene;
        _latents = empty(_scenes.Count * drawingsPerScene, Transformer.Channels, Latents.Size, Latents.Size).DetachFromDisposeScope();
        var random = new Random(20);
        for (var i = 0; i < _scenes.Count; i++)
        {
            using var scope = NewDisposeScope();
            var drawings = Enumerable.Range(0, drawingsPerScene).Select(_ => Drawings.Draw(_scenes[i], random)).ToList();
            _latents.narrow(0, i * drawingsPerScene, drawingsPerScene).copy_(latents.Project(Latents.Pixels(drawings)));
        }

        var variants = Enumerable.Range(0, Prompts.VariantCount).ToList();
        _tokens = [.. _scenes.Select(s => variants.Select(v => vocabulary.Encode(Vocabulary.Chat(Prompts.Variant(s, v)))).ToArray())];

        // Which scenes each form of the prompt is used with.
        var all = Enumerable.Range(0, _scenes.Count).ToList();
        _scenesOf = [.. variants.Select(v => all.Where(i => only is not null || Prompts.IsUsual(_scenes[i], v)).ToArray())];
    }

    /// <summary>How many drawings there are.</summary>
    public int Count => (int)_latents.shape[0];

    /// <summary>The most tokens of any prompt.</summary>
    public int LongestPrompt => _tokens.Max(s => s.Max(t => t.Length));

    /// <summary>A random batch: latents, padded tokens, and the tokens' lengths.</summary>
    public (Tensor Latents, Tensor Tokens, long[] Lengths) Batch(int size, Random random)
    {
        var rows = new long[size];
        var prompts = new int[size][];
        for (var i = 0; i < size; i++)
        {
            var variant = Prompts.RandomVariant(random);
            var scene = _scenesOf[variant][random.Next(_scenesOf[variant].Length)];
            rows[i] = scene * _drawingsPerScene + random.Next(_drawingsPerScene);
            prompts[i] = _tokens[scene][variant];
        }

        var (tokens, lengths) = Pad(prompts);
        return (_latents.index_select(0, tensor(rows)), tokens, lengths);
    }

    /// <summary>Token lists as one tensor, padded at the end.</summary>
    public static (Tensor Tokens, long[] Lengths) Pad(IReadOnlyList<int[]> prompts)
    {
        var longest = prompts.Max(p => p.Length);
        var ids = new long[prompts.Count * longest];
        for (var i = 0; i < prompts.Count; i++)
        {
            for (var j = 0; j < prompts[i].Length; j++)
            {
                ids[i * longest + j] = prompts[i][j];
            }
        }

        return (tensor(ids, [prompts.Count, longest]), [.. prompts.Select(p => (long)p.Length)]);
    }
}
