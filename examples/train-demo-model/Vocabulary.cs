using System.Text;
using System.Text.RegularExpressions;

namespace ZImage.TrainDemoModel;

/// <summary>A byte-level BPE vocabulary in the manner of Qwen: 256 bytes, learned merges, three special tokens.</summary>
public sealed partial class Vocabulary
{
    /// <summary>The chat template stored in the file.</summary>
    public const string ChatTemplate =
        "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{%- endfor %}"
        + "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    private static readonly string[] _special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
    private static readonly char[] _byteToChar = ByteToUnicode();
    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<(string, string), int> _ranks = [];

    private Vocabulary(IEnumerable<(string, string)> merges)
    {
        for (var b = 0; b < 256; b++)
        {
            Add(_byteToChar[b].ToString());
        }

        foreach (var merge in merges)
        {
            _ranks.Add(merge, Merges.Count);
            Merges.Add($"{merge.Item1} {merge.Item2}");
            Add(merge.Item1 + merge.Item2);
        }

        foreach (var token in _special)
        {
            Add(token);
        }
    }

    /// <summary>All tokens in order of their ids.</summary>
    public List<string> Tokens { get; } = [];

    /// <summary>The merges in order of their rank, "left right".</summary>
    public List<string> Merges { get; } = [];

    /// <summary>The id of a special token.</summary>
    public int Special(string token) => _ids[token];

    /// <summary>Learns a vocabulary from texts: always merges the commonest pair, ties in ordinal order.</summary>
    public static Vocabulary Learn(IEnumerable<string> texts, int mergeCount)
    {
        var words = new Dictionary<string, int>();
        foreach (var text in texts)
        {
            foreach (var piece in Pieces(text))
            {
                words[piece] = words.GetValueOrDefault(piece) + 1;
            }
        }

        var symbols = words.Select(w => (Parts: w.Key.Select(c => c.ToString()).ToList(), Count: w.Value)).ToList();
        var merges = new List<(string, string)>();
        while (merges.Count < mergeCount)
        {
            var pairs = new Dictionary<(string Left, string Right), int>();
            foreach (var (parts, count) in symbols)
            {
                for (var i = 0; i + 1 < parts.Count; i++)
                {
                    pairs[(parts[i], parts[i + 1])] = pairs.GetValueOrDefault((parts[i], parts[i + 1])) + count;
                }
            }

            if (pairs.Count == 0)
            {
                break;
            }

            var best = pairs.OrderByDescending(p => p.Value)
                .ThenBy(p => p.Key.Left, StringComparer.Ordinal).ThenBy(p => p.Key.Right, StringComparer.Ordinal).First().Key;
            merges.Add(best);
            foreach (var (parts, _) in symbols)
            {
                Merge(parts, best);
            }
        }

        return new Vocabulary(merges);
    }

    /// <summary>The prompt in the chat form that the model was trained on.</summary>
    public static string Chat(string prompt) => $"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n";

    /// <summary>The token ids of a text in which special tokens may be written.</summary>
    public int[] Encode(string text)
    {
        var ids = new List<int>();
        foreach (var part in SpecialTokens().Split(text))
        {
            if (_special.Contains(part))
            {
                ids.Add(_ids[part]);
                continue;
            }

            foreach (var piece in Pieces(part))
            {
                var symbols = piece.Select(c => c.ToString()).ToList();
                while (true)
                {
                    var best = (Rank: int.MaxValue, Pair: ("", ""));
                    for (var i = 0; i + 1 < symbols.Count; i++)
                    {
                        if (_ranks.TryGetValue((symbols[i], symbols[i + 1]), out var rank) && rank < best.Rank)
                        {
                            best = (rank, (symbols[i], symbols[i + 1]));
                        }
                    }

                    if (best.Rank == int.MaxValue)
                    {
                        break;
                    }

                    Merge(symbols, best.Pair);
                }

                ids.AddRange(symbols.Select(s => _ids[s]));
            }
        }

        return [.. ids];
    }

    private void Add(string token)
    {
        _ids.Add(token, Tokens.Count);
        Tokens.Add(token);
    }

    private static void Merge(List<string> parts, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < parts.Count; i++)
        {
            if (parts[i] == pair.Left && parts[i + 1] == pair.Right)
            {
                parts[i] += pair.Right;
                parts.RemoveAt(i + 1);
            }
        }
    }

    // The pieces of a text between which no merge may reach, in the printable form of their bytes.
    private static IEnumerable<string> Pieces(string text) => Split().Matches(text.Normalize(NormalizationForm.FormC))
        .Select(m => new string([.. Encoding.UTF8.GetBytes(m.Value).Select(b => _byteToChar[b])]));

    // GPT-2's table: printable bytes stand for themselves, the others for characters from 256 on.
    private static char[] ByteToUnicode()
    {
        var table = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
        {
            table[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        }

        return table;
    }

    [GeneratedRegex(@"(<\|endoftext\|>|<\|im_start\|>|<\|im_end\|>)")]
    private static partial Regex SpecialTokens();

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Split();
}
