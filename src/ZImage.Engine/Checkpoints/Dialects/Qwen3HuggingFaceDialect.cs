namespace ZImage.Engine.Checkpoints.Dialects;

/// <summary>The text encoder with the names of Hugging Face's transformers library; the head, tied or not, is not used.</summary>
internal sealed class Qwen3HuggingFaceDialect : TensorDialect
{
    private static readonly (string Theirs, string Canonical)[] s_names =
    [
        ("embed_tokens.", "token_embd."),
        ("layers.", "blk."),
        (".input_layernorm.", ".attn_norm."),
        (".self_attn.q_proj.", ".attn_q."),
        (".self_attn.k_proj.", ".attn_k."),
        (".self_attn.v_proj.", ".attn_v."),
        (".self_attn.o_proj.", ".attn_output."),
        (".self_attn.q_norm.", ".attn_q_norm."),
        (".self_attn.k_norm.", ".attn_k_norm."),
        (".post_attention_layernorm.", ".ffn_norm."),
        (".mlp.gate_proj.", ".ffn_gate."),
        (".mlp.up_proj.", ".ffn_up."),
        (".mlp.down_proj.", ".ffn_down."),
    ];

    public override string Name => "Hugging Face";

    public override ComponentKind Kind => ComponentKind.TextEncoder;

    public override IReadOnlyList<string> Prefixes =>
    [
        "model.", "", "text_encoder.model.", "text_encoder.", "language_model.model.", "model.language_model.",
        "text_encoders.qwen3_4b.transformer.model.", "text_encoders.qwen3_4b.transformer.", "qwen3_4b.transformer.model.",
    ];

    public override IReadOnlyList<string> Signature => ["layers.*.self_attn.q_norm.", "layers.*.mlp.gate_proj."];

    // Gemma 3 norms its query heads too; a mixture of experts has a router.
    public override IReadOnlyList<string> Contradictions => ["layers.*.pre_feedforward_layernorm.", "layers.*.mlp.experts."];

    public override string? Canonical(string stored)
        => stored == "norm.weight" ? "output_norm.weight"
            : s_names.Aggregate(stored, (name, pair) => name.Replace(pair.Theirs, pair.Canonical, StringComparison.Ordinal));
}
