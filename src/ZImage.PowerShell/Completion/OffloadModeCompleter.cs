using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes the offload modes.</summary>
public sealed class OffloadModeCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Enum.GetValues<OffloadMode>().Select(mode => ($"{mode}", Describe(mode)));

    private static string Describe(OffloadMode mode) => mode switch
    {
        OffloadMode.Auto => "The fastest of the other modes that fits the budget",
        OffloadMode.None => "Everything stays on the device; nothing is moved",
        OffloadMode.CondOnly => "The text encoder leaves after it has read the prompt; transformer and autoencoder stay",
        OffloadMode.CondDiffusion => "Text encoder and transformer leave after their phases; the autoencoder stays",
        OffloadMode.Aggressive => "Only the component at work is on the device",
        _ => "As many blocks of the transformer as fit stay; the rest comes anew in each step",
    };
}
