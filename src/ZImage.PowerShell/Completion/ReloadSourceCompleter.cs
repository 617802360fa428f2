using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes where weights that left the device come from again.</summary>
public sealed class ReloadSourceCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Enum.GetValues<ReloadSource>().Select(source => ($"{source}", Describe(source)));

    private static string Describe(ReloadSource source) => source switch
    {
        ReloadSource.Auto => "Pinned memory as far as the RAM budget goes, the file for the rest",
        ReloadSource.Memory => "Pinned memory: fast; a warning says what the RAM budget does not hold",
        _ => "The file, each time: takes next to no memory",
    };
}
