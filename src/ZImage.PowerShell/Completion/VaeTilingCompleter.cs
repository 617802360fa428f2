using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes when pictures pass through the autoencoder in tiles.</summary>
public sealed class VaeTilingCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Enum.GetValues<VaeTiling>().Select(choice => ($"{choice}", Describe(choice)));

    private static string Describe(VaeTiling choice) => choice switch
    {
        VaeTiling.Auto => "Only where the picture fits in no exact way",
        VaeTiling.On => "Always, for pictures larger than a tile",
        _ => "Never: what fits in no exact way is an error",
    };
}
