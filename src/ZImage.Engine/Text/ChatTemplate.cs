namespace ZImage.Engine.Text;

/// <summary>
/// The conversation that Z-Image conditions on: one user message and the opening of the answer, without system message
/// and without thinking block. Source: the chat template of Qwen3 with a generation prompt, as the model authors call it.
/// </summary>
public static class ChatTemplate
{
    public const string MessageStart = "<|im_start|>";
    public const string MessageEnd = "<|im_end|>";

    /// <summary>The prompt inside the conversation. Nothing is trimmed.</summary>
    public static string Format(string prompt) =>
        $"{MessageStart}user\n{prompt}{MessageEnd}\n{MessageStart}assistant\n";
}
