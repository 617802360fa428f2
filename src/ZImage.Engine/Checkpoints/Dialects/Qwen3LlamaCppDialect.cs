namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>The text encoder with the names of llama.cpp's GGUF files. These are the canonical names.</summary>
internal sealed class Qwen3LlamaCppDialect : TensorDialect
{
    public override string Name => "llama.cpp";

    public override ComponentKind Kind => ComponentKind.TextEncoder;

    // The norm of each query head sets Qwen3 apart from Llama and Qwen2.
    public override IReadOnlyList<string> Signature => ["blk.*.attn_q_norm.", "blk.*.ffn_gate."];

    // Gemma 3 norms its query heads too, and the outputs of its blocks besides; a mixture of experts has a router.
    public override IReadOnlyList<string> Contradictions => ["blk.*.post_attention_norm.", "blk.*.ffn_gate_inp."];
}
