using ZImage.Engine.Sampling;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes the names of schedulers.</summary>
public sealed class SchedulerNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => SigmaSchedules.Names.Select(name => (name, SigmaSchedules.Get(name).Description));
}
