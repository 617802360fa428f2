using ZImage.Engine.Memory;
using ZImage.PowerShell.Cmdlets;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes the names of the models that can be downloaded.</summary>
public sealed class ModelSetCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates
        => ShippedCatalogue.Current.Sets.Select(set => (set.Name, $"{set.Description} ({ByteSize.Text(set.Bytes)})"));
}
