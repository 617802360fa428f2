namespace ZImage.PowerShell.Completion;

/// <summary>Completes the forms in which a memory budget is written.</summary>
public sealed class MemoryBudgetCompleter : NameCompleter
{
    private static readonly (string Name, string ToolTip)[] Forms =
    [
        ("auto", "What is free, less a margin"),
        ("12GB", "So much"),
        ("-1GB", "All that is free but so much"),
        ("80%", "A share of all memory"),
    ];

    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Forms;
}
