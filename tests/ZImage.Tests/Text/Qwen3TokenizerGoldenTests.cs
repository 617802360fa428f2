using System.Text.Json;
using ZImage.Engine.Text;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Text;

/// <summary>Token ids of every reference prompt, with the real vocabulary.</summary>
[Trait("Category", "Golden")]
public class Qwen3TokenizerGoldenTests
{
    private static readonly JsonElement[] Prompts = [.. GoldenJson.Read("tokens-qwen3.json").GetProperty("prompts").EnumerateArray()];

    public static TheoryData<int, string> AllPrompts()
    {
        var rows = new TheoryData<int, string>();
        for (int i = 0; i < Prompts.Length; i++)
            rows.Add(i, Prompts[i].GetProperty("kind").GetString()!);
        return rows;
    }

    [Theory, MemberData(nameof(AllPrompts))]
    public void Ids_equal_the_published_tokenizer(int index, string kind)
    {
        JsonElement prompt = Prompts[index];
        string text = prompt.GetProperty("text").GetString()!;
        int[] chat = Ids(prompt, "chat");

        Assert.True(Ids(prompt, "raw").SequenceEqual(QwenVocabulary.Tokenizer.Encode(text)), $"{kind}: {text}");
        Assert.Equal(chat.Take(Qwen3Tokenizer.MaxPromptTokens), QwenVocabulary.Tokenizer.EncodePrompt(text, out bool truncated));
        Assert.Equal(chat.Length > Qwen3Tokenizer.MaxPromptTokens, truncated);
    }

    private static int[] Ids(JsonElement prompt, string key) => [.. prompt.GetProperty(key).EnumerateArray().Select(id => id.GetInt32())];
}
