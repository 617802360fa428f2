using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Lists the models that are imported in this process, the latest last.</summary>
[Cmdlet(VerbsCommon.Get, "ZModel")]
[OutputType(typeof(ModelSession))]
public sealed class GetZModelCommand : ZImageCmdlet
{
    /// <summary>Names of imported models; wildcards are allowed. All of them when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        foreach (string name in Name)
            Report(() => WriteObject(OpenSessions.Match(name), enumerateCollection: true));
    }
}
