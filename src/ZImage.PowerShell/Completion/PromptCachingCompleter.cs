using ZImage.Engine.Generation;

namespace ZImage.PowerShell.Completion;

/// <summary>Completes where what the text encoder made of prompts is kept.</summary>
public sealed class PromptCachingCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => Enum.GetValues<PromptCaching>().Select(choice => ($"{choice}", Describe(choice)));

    private static string Describe(PromptCaching choice) => choice switch
    {
        PromptCaching.Memory => "In memory, as long as the model is imported",
        PromptCaching.Disk => "In memory and in files, for the next import too",
        _ => "Nowhere: each prompt is read anew",
    };
}
