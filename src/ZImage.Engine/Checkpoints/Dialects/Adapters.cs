namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>The tensors of LoRA files and their kind, which change a model and are none.</summary>
internal static class Adapters
{
    private static readonly string[] s_parts = [".lora_", ".lora.", ".lokr_", ".hada_", ".dora_scale"];
    private static readonly string[] s_beginnings = ["lora_", "lycoris_"];

    public static bool IsAdapter(string name)
        => s_parts.Any(part => name.Contains(part, StringComparison.Ordinal)) || s_beginnings.Any(beginning => name.StartsWith(beginning, StringComparison.Ordinal));
}
