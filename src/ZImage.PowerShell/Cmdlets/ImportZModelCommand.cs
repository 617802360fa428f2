using System.Management.Automation;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Downloads;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Ggml;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Imports a model: three files, a folder in which they are found by what is in them, or a downloaded set. The model stays in memory for New-ZImage.</summary>
// No default parameter set, and no path by value: either makes PowerShell settle on folders before it has looked at the
// properties of an object that names three files.
[Cmdlet(VerbsData.Import, "ZModel")]
[OutputType(typeof(ModelSession))]
public sealed class ImportZModelCommand : OffloadCmdlet
{
    private const string FromFolder = "Path";
    private const string FromLiteralFolder = "LiteralPath";
    private const string FromFiles = "Files";
    private const string FromSet = "Set";
    private const string FromDemo = "Demo";
    private const int MostThreads = 1024;

    /// <summary>Folder with the three model files (GGUF or safetensors), in itself or in folders directly in it; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = FromFolder)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string Path { get; set; } = "";

    /// <summary>Folder with the three model files; the path is taken as it is written.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromLiteralFolder)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string LiteralPath { get; set; } = "";

    /// <summary>File of the Z-Image transformer: GGUF or safetensors; a model in shards is named by its index or by one of them.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromFiles)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelFileCompleter))]
    public string Diffusion { get; set; } = "";

    /// <summary>File of the Qwen3 text encoder; a safetensors file needs its tokenizer.json beside it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromFiles)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelFileCompleter))]
    public string TextEncoder { get; set; } = "";

    /// <summary>The tokenizer.json of the text encoder, where it is neither in its file nor beside it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = FromFiles)]
    [OptionalText]
    public string? Tokenizer { get; set; }

    /// <summary>File of the Flux autoencoder.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromFiles)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelFileCompleter))]
    public string Vae { get; set; } = "";

    /// <summary>A model of the catalogue that was downloaded with Save-ZModelFile, such as z-image-turbo-q4_k.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = FromSet)]
    [ArgumentCompleter(typeof(ModelSetCompleter))]
    [ValidateNotNullOrEmpty]
    public string Set { get; set; } = "";

    /// <summary>The small model that comes with ZImage: it draws simple coloured subjects at 128x128.</summary>
    [Parameter(Mandatory = true, ParameterSetName = FromDemo)]
    public SwitchParameter Demo { get; set; }

    /// <summary>Where to compute: CPU, CUDA0, Vulkan0, ... (see Get-ZDevice). Auto, the default, takes the first of CUDA, Vulkan and CPU that works.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(DeviceNameCompleter))]
    [OptionalText]
    public string? Device { get; set; }

    /// <summary>A name for the imported model, for -Model and Get-ZModel; made from the file or folder name when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    public string? Name { get; set; }

    /// <summary>Threads of the CPU; 0, the default, for one per core, or fewer for a small model.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, MostThreads)]
    public int Threads { get; set; }

    private protected override void ProcessInput() => Report(() =>
    {
        switch (ParameterSetName)
        {
            case FromFiles:
                var files = new ModelFiles(ResolveFile(Diffusion), ResolveFile(TextEncoder), ResolveFile(Vae)) { Tokenizer = Tokenizer is null ? null : ResolveFile(Tokenizer) };
                Import(files.Name, () => files);
                break;
            case FromSet:
                DownloadedModel model = ShippedCatalogue.Current[Set].Find();
                Import(model.Name, () => new ModelFiles(model.Diffusion, model.TextEncoder, model.Vae));
                break;
            case FromDemo:
                ImportFolder(DemoFolder, "demo");
                break;
            case FromLiteralFolder:
                ImportFolder(ResolveFile(LiteralPath));
                break;
            default:
                foreach (string folder in ResolveFiles(Path))
                    Report(() => ImportFolder(folder));
                break;
        }
    });

    private static string DemoFolder
        => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(typeof(ImportZModelCommand).Assembly.Location))!, "demo-model");

    private void ImportFolder(string folder, string? name = null)
        => Import(name ?? System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(folder)), () =>
        {
            ModelFolder found = ModelFolder.Find(folder);
            return new ModelFiles(found.Transformer, found.TextEncoder, found.Autoencoder);
        });

    private void Import(string nameBasis, Func<ModelFiles> findFiles)
    {
        string name = OpenSessions.ReserveName(Name, nameBasis);
        try
        {
            var options = new SessionOptions { Name = name, Threads = Threads, Offload = Change(new OffloadOptions()) };
            ModelSession session = RunEngine($"Importing the model '{name}'", (observer, cancellation) =>
                ModelSession.Open(findFiles(), FindDevice(Device ?? "Auto", observer), options, observer, cancellation), "Loading the model");
            OpenSessions.Add(session);
            WriteObject(session);
        }
        finally
        {
            OpenSessions.ReleaseName(name);
        }
    }
}
