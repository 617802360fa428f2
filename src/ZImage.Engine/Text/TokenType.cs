namespace ZImage.Engine.Text;

/// <summary>What kind of token an entry of the vocabulary is: the numbers of the GGUF key <c>tokenizer.ggml.token_type</c>.</summary>
public static class TokenType
{
    public const int Normal = 1;
    public const int Unknown = 2;

    /// <summary>An added token with a meaning of its own, such as <c>&lt;|im_start|&gt;</c>.</summary>
    public const int Control = 3;

    /// <summary>An added token that is ordinary text otherwise, such as <c>&lt;think&gt;</c>.</summary>
    public const int UserDefined = 4;

    /// <summary>Padding of the embedding table; never produced.</summary>
    public const int Unused = 5;

    public const int Byte = 6;

    /// <summary>Whether text is searched for the token before anything else is done to it.</summary>
    public static bool IsAdded(int type) => type is Control or UserDefined;

    /// <summary>Whether the token is a byte or comes of merging: neither added nor padding.</summary>
    public static bool IsMergeable(int type) => type != Unused && !IsAdded(type);
}
