using System.Management.Automation;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Lists the models that are imported in this process, the latest last; or, given a path, says what model files are without loading them: what they
/// hold, Turbo or base, types, what is missing, and the settings they are made for.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ZModel", DefaultParameterSetName = Imported)]
[OutputType(typeof(ModelSession), ParameterSetName = [Imported])]
[OutputType(typeof(ModelFileInfo), ParameterSetName = [FromPath, FromLiteralPath])]
public sealed class GetZModelCommand : ZImageCmdlet
{
    private const string Imported = "Imported";
    private const string FromPath = "Path";
    private const string FromLiteralPath = "LiteralPath";

    /// <summary>Names of imported models; wildcards are allowed. All of them when left out.</summary>
    // Not by property name: files have names too, and mean their paths.
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = Imported)]
    [TextOnly]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <summary>Model files to look at, or folders with some; wildcards are allowed. A model in shards is named by its index or by one of them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromPath)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelFileCompleter))]
    public string[] Path { get; set; } = [];

    /// <summary>As Path, taken as it is written.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromLiteralPath)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelFileCompleter))]
    public string[] LiteralPath { get; set; } = [];

    protected override void ProcessRecord()
    {
        if (ParameterSetName != Imported)
        {
            ReportFiles(Path, LiteralPath, Inspect);
            return;
        }
        foreach (string name in Name)
            Report(() => WriteObject(OpenSessions.Match(name), enumerateCollection: true));
    }

    private void Inspect(string path)
    {
        IReadOnlyList<string> files = Directory.Exists(path) ? ModelFolder.ModelFiles(path) : [path];
        foreach (string file in files)
            Report(() => WriteObject(ModelFileInfo.Inspect(file), enumerateCollection: true));
    }
}
