using ZImage.Engine.Sampling;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes the names of samplers.</summary>
public sealed class SamplerNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Samplers.Names.Select(name => (name, Samplers.Get(name).Description));
}
