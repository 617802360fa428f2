using System.Management.Automation;
using ZImage.Engine;
using ZImage.Engine.Memory;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Deletes files of the cache. All but downloaded models is deleted when no kind is given; models are asked about.</summary>
[Cmdlet(VerbsCommon.Clear, "ZCache", SupportsShouldProcess = true)]
[OutputType(typeof(ClearedCache))]
public sealed class ClearZCacheCommand : ZImageCmdlet
{
    /// <summary>What to delete: Prompts, Convolutions, PartialDownloads, Models. All but Models when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public CacheKind[] Kind { get; set; } = [CacheKind.Prompts, CacheKind.Convolutions, CacheKind.PartialDownloads];

    /// <summary>Deletes models without a question.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Puts what was freed into the pipeline, one object for each kind.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        foreach (CacheKind kind in Kind.Distinct())
            Clear(CacheContents.Of(kind));
    }

    private void Clear(CacheContents contents)
    {
        if (contents.IsLink)
        {
            WriteWarning($"'{contents.Path}' is a link; what it leads to is left alone.");
            return;
        }
        string files = contents.Files == 1 ? "1 file" : FormattableString.Invariant($"{contents.Files} files");
        string action = $"Delete {contents.Kind}: {files}, {ByteSize.Text(contents.Bytes)}";
        if (!ShouldProcess(contents.Path, action) || !MayDelete(contents, action))
            return;
        ClearedCache cleared = contents.Clear(fault => Report(() => throw fault));
        if (PassThru)
            WriteObject(cleared);
    }

    // Models take hours to come back, the rest seconds: only they are asked about where nobody asked for questions.
    private bool MayDelete(CacheContents contents, string action)
        => contents.Kind != CacheKind.Models || contents.Files == 0 || Force || MyInvocation.BoundParameters.ContainsKey("Confirm")
            || $"{GetVariableValue("ConfirmPreference")}" == nameof(ConfirmImpact.None)
            || ShouldContinue($"{action} in '{contents.Path}'? They have to be downloaded again.", "Delete downloaded models");
}
