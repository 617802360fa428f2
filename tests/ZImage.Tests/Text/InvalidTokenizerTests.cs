using ZImage.Engine.Text;

namespace ZImage.Tests.Text;

/// <summary>Vocabularies that must be refused, and the smallest that is accepted.</summary>
public sealed class InvalidTokenizerTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"tokenizer-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_smallest_vocabulary_encodes_bytes_merges_and_added_tokens()
    {
        var tokenizer = new Qwen3Tokenizer(Smallest(extra: ["ab"], merges: ["a b"]));
        Assert.Equal([258, 'c' - '!', 256], tokenizer.Encode("abc<|im_start|>"));
        Assert.Equal("abc<|im_start|>", tokenizer.Decode([258, 'c' - '!', 256, -1, 100_000]));
    }

    [Fact]
    public void The_longest_added_token_wins()
    {
        TokenizerVocabulary smallest = Smallest();
        var tokenizer = new Qwen3Tokenizer(smallest with
        {
            Tokens = [.. smallest.Tokens, "<x>", "<x>>"],
            TokenTypes = [.. smallest.TokenTypes, TokenType.UserDefined, TokenType.UserDefined],
        });
        Assert.Equal([259, 258, '<' - '!'], tokenizer.Encode("<x>><x><"));
    }

    [Fact]
    public void A_missing_byte_is_named()
    {
        TokenizerVocabulary smallest = Smallest();
        string[] tokens = [.. smallest.Tokens];
        tokens['A' - '!'] = "??";
        AssertRefused(smallest with { Tokens = tokens }, "0x41");
    }

    [Fact]
    public void A_missing_chat_token_is_named()
    {
        TokenizerVocabulary smallest = Smallest();
        int[] types = [.. smallest.TokenTypes];
        types[257] = TokenType.Normal;
        AssertRefused(smallest with { TokenTypes = types }, "<|im_end|>");
    }

    [Fact]
    public void Types_that_do_not_match_the_tokens_are_refused() =>
        AssertRefused(Smallest() with { TokenTypes = [1, 1] }, "2 token types");

    [Theory]
    [InlineData("a zz")]
    [InlineData("ab")]
    [InlineData("a b")]
    public void A_merge_that_leads_nowhere_is_refused(string merge) => AssertRefused(Smallest(merges: [merge]), "");

    [Fact]
    public void A_token_twice_is_refused() => AssertRefused(Smallest(extra: ["a"]), "a");

    [Fact]
    public void Json_merges_may_be_strings_or_pairs()
    {
        foreach (string merges in (string[])["""["a b"]""", """[["a","b"]]"""])
        {
            File.WriteAllText(_file, Json(merges));
            Assert.Equal([258], new Qwen3Tokenizer(TokenizerJson.Read(_file)).Encode("ab"));
        }
    }

    [Fact]
    public void Json_tells_special_from_user_defined_tokens_and_fills_gaps()
    {
        File.WriteAllText(_file, Json("[]"));
        TokenizerVocabulary vocabulary = TokenizerJson.Read(_file);
        Assert.Equal(
            [TokenType.Control, TokenType.UserDefined, TokenType.Normal, TokenType.Unused, TokenType.Normal],
            vocabulary.TokenTypes.Skip(256));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"model":{"vocab":{"a":0}}}""")]
    [InlineData("""{"model":{"vocab":{"a":"b"},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":2000000000},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":-1},"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[["a"]]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[7]}}""")]
    [InlineData("""{"model":{"vocab":["a"],"merges":[]}}""")]
    [InlineData("""{"model":{"vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1}]}""")]
    public void A_file_that_is_no_tokenizer_is_refused_with_its_path(string json)
    {
        File.WriteAllText(_file, json);
        var fault = Assert.Throws<InvalidTokenizerException>(() => TokenizerJson.Read(_file));
        Assert.Equal("InvalidTokenizer", fault.ErrorId);
        Assert.Equal(_file, fault.Target);
        Assert.Contains(_file, fault.Message);
    }

    private static void AssertRefused(TokenizerVocabulary vocabulary, string named)
    {
        var fault = Assert.Throws<InvalidTokenizerException>(() => new Qwen3Tokenizer(vocabulary with { Source = "some.gguf" }));
        Assert.Contains(named, fault.Message);
        Assert.Contains("some.gguf", fault.Message);
        Assert.Equal("some.gguf", fault.Target);
    }

    // The 256 bytes in the order of their characters ('!' is 0), then the two chat tokens, then what the test adds.
    private static TokenizerVocabulary Smallest(string[]? extra = null, string[]? merges = null)
    {
        string[] bytes = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.ToChar((byte)b)).Order().Select(c => c.ToString())];
        string[] tokens = [.. bytes, "<|im_start|>", "<|im_end|>", .. extra ?? []];
        int[] types = [.. tokens.Select((_, id) => id is 256 or 257 ? TokenType.Control : TokenType.Normal)];
        return new TokenizerVocabulary(tokens, types, merges ?? []);
    }

    private static string Json(string merges)
    {
        IEnumerable<string> bytes = Smallest().Tokens.Take(256).Select((token, id) => $"{System.Text.Json.JsonSerializer.Serialize(token)}:{id}");
        return $$"""
            {"added_tokens":[{"id":256,"content":"<|im_start|>","special":true},{"id":257,"content":"<|im_end|>","special":false}],
             "model":{"type":"BPE","vocab":{ {{string.Join(',', bytes)}},"ab":258,"abc":260},"merges":{{merges}} } }
            """;
    }
}
