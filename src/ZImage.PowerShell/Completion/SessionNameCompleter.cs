using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes the names of imported models.</summary>
public sealed class SessionNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates
        => OpenSessions.All.Select(session => (session.Name, $"{session.Name} on {session.Device}"));
}
