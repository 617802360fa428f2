using System.Text;
using ZImage.Engine.Text;

namespace ZImage.Tests.Text;

/// <summary>Properties of the tokenizer that hold for every text, and its limits.</summary>
public class Qwen3TokenizerTests
{
    private const int Seed = 20240607;

    // One line a sort of text: what a random string draws its pieces from.
    private static readonly string[] Alphabets =
    [
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        " \t\r\n\u00A0\u2003\u3000\u0085\u000B",
        "0123456789\u0661\u2460\u00BD",
        ".,;:!?'\"()[]{}<>|/\\@#$%^&*-_=+~`\u2019\u2026",
        "\u00E9\u00FC\u00DF\u0130\u017F\u01C5\u1E9E\u212B\u2126\u00E5",
        "e\u0301a\u0308o\u0323\u0302\u1100\u1161\u11A8\u3099\u304B\u09C7\u09BE\u0F71\u0F72",
        "\u4E00\u732B\u9F99\u3042\u30A2\uD55C\uAE00",
        "\u0639\u0631\u0628\u064E\u05E9\u05C1\u0928\u092E\u094D\u0E41\u0E21",
        "\0\u0001\u001C\u007F\u200B\u200D\uFEFF\uFFFD\uFFFE\uFFFF\uFDD0",
    ];

    private static readonly string[] Pieces =
    [
        "\U00020BB7", "\U0001D49C", "\U0001D7CF", "\U0001F408", "\U0001F468\u200D\U0001F469", "\U0010FFFF", "\U0001D15E",
        "<|im_start|>", "<|im_end|>", "<|im_", "<think>", "</think>", "<tool_call>", "<|endoftext|>", "<", "|>",
    ];

    [Fact]
    public void Decoding_random_well_formed_text_gives_its_composed_form()
    {
        var random = new Random(Seed);
        for (int i = 0; i < 3000; i++)
        {
            // Noncharacters, which not every runtime can normalize, would test the runtime and not the tokenizer.
            string text = string.Concat(RandomText(random, loneSurrogates: false).EnumerateRunes().Where(r => !UnicodeText.IsNoncharacter(r))).Normalize(NormalizationForm.FormC);
            Assert.Equal(text, QwenVocabulary.Tokenizer.Decode(QwenVocabulary.Tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void No_string_is_refused()
    {
        var random = new Random(Seed + 1);
        for (int i = 0; i < 3000; i++)
        {
            int[] ids = QwenVocabulary.Tokenizer.EncodePrompt(RandomText(random, loneSurrogates: true), out _);
            Assert.All(ids, id => Assert.InRange(id, 0, QwenVocabulary.Tokenizer.VocabularySize - 1));
        }
    }

    [Fact]
    public void Every_UTF16_unit_alone_is_encoded()
    {
        for (int unit = 0; unit <= char.MaxValue; unit++)
        {
            string text = ((char)unit).ToString();
            string expected = char.IsSurrogate((char)unit) ? "\uFFFD" : UnicodeText.IsNoncharacter(new Rune(unit)) ? text : text.Normalize(NormalizationForm.FormC);
            Assert.Equal(expected, QwenVocabulary.Tokenizer.Decode(QwenVocabulary.Tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void A_lone_surrogate_counts_as_the_replacement_character() =>
        Assert.Equal(QwenVocabulary.Tokenizer.Encode("a\uFFFDb\uFFFD"), QwenVocabulary.Tokenizer.Encode("a\uD83Db\uDE00"));

    [Fact]
    public void Text_beside_a_noncharacter_is_still_composed() =>
        Assert.Equal(QwenVocabulary.Tokenizer.Encode("\u00E9\uFFFE\u00FC"), QwenVocabulary.Tokenizer.Encode("e\u0301\uFFFEu\u0308"));

    [Fact]
    public void Letters_outside_the_basic_plane_stay_with_their_neighbours()
    {
        var words = Qwen3PreTokenizer.Words("a\U00020BB7\u91CE \U0001D7CF\U0001F408!").Select(w => w.Length);
        Assert.Equal([4, 1, 2, 3], words);
    }

    [Theory]
    [InlineData("don't we'LL 'sx", "don|'t| we|'LL| '|sx")]
    [InlineData("'sx\n'Dx'x", "'s|x|\n|'D|x|'x")]
    [InlineData("a  b   ", "a| | b|   ")]
    [InlineData("x \n \n  y", "x| \n \n| | y")]
    [InlineData("12 34", "1|2| |3|4")]
    [InlineData("f(x)!\n\r\nz", "f|(x|)!\n\r\n|z")]
    [InlineData("\tword \u3000word", "\tword| |\u3000word")]
    [InlineData("a\u0301b", "a|\u0301b")]
    public void Words_are_those_of_the_split_expression(string text, string words) =>
        Assert.Equal(words.Split('|'), Qwen3PreTokenizer.Words(text).Select(w => text.Substring(w.Offset, w.Length)));

    [Fact]
    public void A_prompt_that_just_fits_is_whole_and_one_more_token_is_cut_on_the_right()
    {
        Qwen3Tokenizer tokenizer = QwenVocabulary.Tokenizer;
        int frame = tokenizer.EncodePrompt("", out _).Length;
        string fits = string.Concat(Enumerable.Repeat("7", Qwen3Tokenizer.MaxPromptTokens - frame));

        int[] whole = tokenizer.EncodePrompt(fits, out bool truncated);
        Assert.False(truncated);
        Assert.Equal(Qwen3Tokenizer.MaxPromptTokens, whole.Length);
        Assert.Equal(tokenizer.Encode(ChatTemplate.Format(fits)), whole);

        int[] cut = tokenizer.EncodePrompt(fits + "7", out truncated);
        Assert.True(truncated);
        Assert.Equal(tokenizer.Encode(ChatTemplate.Format(fits + "7")).Take(Qwen3Tokenizer.MaxPromptTokens), cut);
    }

    [Theory]
    [InlineData(' ')]
    [InlineData('a')]
    [InlineData('7')]
    [InlineData('\u732B')]
    public void A_prompt_of_any_length_is_cut_to_the_limit(char character)
    {
        int[] ids = QwenVocabulary.Tokenizer.EncodePrompt(new string(character, 10_000), out bool truncated);
        Assert.True(truncated || ids.Length <= Qwen3Tokenizer.MaxPromptTokens);
        Assert.InRange(ids.Length, 1, Qwen3Tokenizer.MaxPromptTokens);
    }

    [Fact]
    public void Threads_may_share_a_tokenizer()
    {
        var random = new Random(Seed + 2);
        string[] texts = [.. Enumerable.Range(0, 400).Select(_ => RandomText(random, loneSurrogates: true))];
        int[][] alone = [.. texts.Select(new Qwen3Tokenizer(QwenVocabulary.Vocabulary).Encode)];

        var shared = new Qwen3Tokenizer(QwenVocabulary.Vocabulary);
        var together = new int[texts.Length][];
        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => together[i] = shared.Encode(texts[i]));
        Assert.Equal(alone, together);
    }

    private static string RandomText(Random random, bool loneSurrogates)
    {
        var text = new StringBuilder();
        for (int run = random.Next(12); run > 0; run--)
        {
            switch (random.Next(loneSurrogates ? 5 : 4))
            {
                case 0:
                    text.Append(Pieces[random.Next(Pieces.Length)]);
                    break;
                case 1:
                    text.Append(RandomRune(random).ToString());
                    break;
                case 4:
                    text.Append((char)random.Next(0xD800, 0xE000));
                    break;
                default:
                    string alphabet = Alphabets[random.Next(Alphabets.Length)];
                    for (int length = random.Next(1, 8); length > 0; length--)
                        text.Append(alphabet[random.Next(alphabet.Length)]);
                    break;
            }
        }

        return text.ToString();
    }

    private static Rune RandomRune(Random random)
    {
        int value = random.Next(0x110000 - 0x800);
        return new Rune(value < 0xD800 ? value : value + 0x800);
    }
}
