using ZImage.Engine.Checkpoints;

namespace ZImage.Engine.Generation;

/// <summary>The settings a transformer is made for.</summary>
public static class RecommendedSettings
{
    // By the model's authors: Turbo 8 steps, shift 3, no guidance; base 28 to 50 steps, shift 6, guidance 3 to 5 in diffusers' scale, which is one less than ours.
    private static readonly ModelDefaults s_turbo = new(1024, 1024, 8, "euler", "flow_match", 3, 1);
    private static readonly ModelDefaults s_base = new(1024, 1024, 40, "euler", "flow_match", 6, 5);

    /// <summary>What the file itself says (<c>zimage.default.*</c>), else what its variant takes; Turbo's for an unknown one.</summary>
    /// <param name="transformer">The file.</param>
    /// <param name="variant">What <see cref="VariantRecognizer"/> says of it.</param>
    public static ModelDefaults For(ComponentFile transformer, ModelVariant variant)
    {
        ModelDefaults defaults = variant == ModelVariant.Base ? s_base : s_turbo;
        CheckpointMetadata metadata = transformer.Metadata;
        return new ModelDefaults(
            metadata.GetInt32("zimage.default.width") ?? defaults.Width,
            metadata.GetInt32("zimage.default.height") ?? defaults.Height,
            metadata.GetInt32("zimage.default.steps") ?? defaults.Steps,
            metadata.GetString("zimage.default.sampler") ?? defaults.Sampler,
            metadata.GetString("zimage.default.scheduler") ?? defaults.Scheduler,
            metadata.GetSingle("zimage.default.shift") ?? defaults.Shift,
            metadata.GetSingle("zimage.default.cfg_scale") ?? defaults.CfgScale);
    }
}
