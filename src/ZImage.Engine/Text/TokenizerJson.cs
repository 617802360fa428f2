using System.Text.Json;

namespace ZImage.Engine.Text;

/// <summary>
/// Reads the vocabulary out of a Hugging Face <c>tokenizer.json</c> of type BPE: <c>model.vocab</c>, <c>model.merges</c>
/// (strings or pairs) and <c>added_tokens</c>. Ids that the file leaves out become unused tokens.
/// </summary>
public static class TokenizerJson
{
    /// <exception cref="InvalidTokenizerException">The file is no JSON, no BPE tokenizer, or a part of it is missing.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static TokenizerVocabulary Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(file);
            return Read(document.RootElement) with { Source = path };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidTokenizerException($"It is not a tokenizer.json of the BPE kind: {fault.Message}", path, fault);
        }
    }

    private static TokenizerVocabulary Read(JsonElement root)
    {
        JsonElement model = root.GetProperty("model");
        var entries = new List<(int Id, string Token, int Type)>();
        foreach (JsonProperty entry in model.GetProperty("vocab").EnumerateObject())
            entries.Add((entry.Value.GetInt32(), entry.Name, TokenType.Normal));
        if (root.TryGetProperty("added_tokens", out JsonElement added))
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                bool special = token.TryGetProperty("special", out JsonElement flag) && flag.GetBoolean();
                int type = special ? TokenType.Control : TokenType.UserDefined;
                entries.Add((token.GetProperty("id").GetInt32(), RequireString(token.GetProperty("content")), type));
            }
        }

        // A wild id must not decide how much memory is taken.
        int last = entries.Count == 0 ? -1 : entries.Max(e => e.Id);
        if (entries.Any(e => e.Id < 0) || last > 2 * entries.Count + 1023)
            throw new FormatException("the token ids are not a list without large gaps.");
        int count = last + 1;

        var tokens = new string[count];
        var types = new int[count];
        Array.Fill(tokens, "");
        Array.Fill(types, TokenType.Unused);
        foreach ((int id, string token, int type) in entries)
            (tokens[id], types[id]) = (token, type);

        string[] merges = [.. model.GetProperty("merges").EnumerateArray().Select(MergeText)];
        return new TokenizerVocabulary(tokens, types, merges);
    }

    private static string MergeText(JsonElement merge) => merge.ValueKind != JsonValueKind.Array
        ? RequireString(merge)
        : merge.GetArrayLength() == 2
            ? $"{RequireString(merge[0])} {RequireString(merge[1])}"
            : throw new FormatException("a merge is not a pair.");

    private static string RequireString(JsonElement element) =>
        element.GetString() ?? throw new FormatException("a string is null.");
}
