using System.Management.Automation;
using System.Net;
using System.Security;
using ZImage.Engine.Downloads;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Errors;
using ZImage.PowerShell.Execution;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Downloads a model of the catalogue, or any file of a model hub, into the cache. What is there already is not downloaded again.</summary>
[Cmdlet(VerbsData.Save, "ZModelFile", DefaultParameterSetName = BySet, SupportsShouldProcess = true)]
[OutputType(typeof(DownloadedModel), ParameterSetName = [BySet])]
[OutputType(typeof(DownloadedFile), ParameterSetName = [ByFile])]
public sealed class SaveZModelFileCommand : EngineCmdlet, IDisposable
{
    private const string BySet = "Set";
    private const string ByFile = "File";
    private const int ActivityId = 0x5B;

    private Hub? _hub;

    /// <summary>Names of models of the catalogue: transformer, text encoder and autoencoder of each are downloaded.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = BySet)]
    [ArgumentCompleter(typeof(ModelSetCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Set { get; set; } = [];

    /// <summary>A repository of the hub, as owner/name.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByFile)]
    [ValidateNotNullOrEmpty]
    public string Repository { get; set; } = "";

    /// <summary>Files of the repository, each with its folders in it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByFile)]
    [ValidateNotNullOrEmpty]
    public string[] File { get; set; } = [];

    /// <summary>Branch, tag or commit of the repository; main when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByFile)]
    [OptionalText]
    public string? Revision { get; set; }

    /// <summary>The SHA-256 that the file must have; when left out, the one that the hub gives.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByFile)]
    [OptionalText]
    public string? Sha256 { get; set; }

    /// <summary>Address of the hub; when left out, HF_ENDPOINT of the environment, or else huggingface.co.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Endpoint { get; set; }

    /// <summary>Token of an account of the hub, for files that not everybody gets; when left out, HF_TOKEN of the environment or the token that the hub's own program keeps.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <summary>Address of a proxy; when left out, the one of the environment.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Proxy { get; set; }

    /// <summary>Name and password for the proxy.</summary>
    [Parameter]
    [Credential]
    public PSCredential? ProxyCredential { get; set; }

    /// <summary>Downloads what is there, too.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void BeginProcessing()
    {
        try
        {
            if (Proxy is not null && !(Proxy.IsAbsoluteUri && Proxy.Scheme is "http" or "https" or "socks4" or "socks4a" or "socks5"))
                throw new InvalidSettingException(nameof(Proxy), Proxy, "an address such as http://host:port");
            string? token = Token is null ? null : new NetworkCredential("", Token).Password;
            _hub = new Hub(HubOptions.Create(Endpoint, token) with { Proxy = Proxy, ProxyCredential = ProxyCredential?.GetNetworkCredential() });
        }
        catch (ZImageException fault)
        {
            ThrowTerminatingError(FaultRecord.Create(fault));
        }
    }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByFile)
        {
            foreach (string file in File)
                Report(() => SaveFile(new HubFile(Repository, file, Revision ?? HubFile.DefaultRevision) { Sha256 = Sha256 }));
        }
        foreach (string name in Set)
            Report(() => SaveSet(ShippedCatalogue.Current[name]));
    }

    /// <summary>Closes the connections; PowerShell calls it when the pipeline ends, however it ends.</summary>
    public void Dispose() => _hub?.Dispose();

    private void SaveSet(ModelSet set)
    {
        if (IsAgreed(set.Name, set.Files))
            Save<DownloadedModel>(set.Name, (observer, cancellation) => ModelDownload.Save(_hub!, set, Force, observer, cancellation));
    }

    private void SaveFile(HubFile file)
    {
        if (IsAgreed($"{file.Repository}/{file.File}", [file]))
            Save<DownloadedFile>(file.Name, (observer, cancellation) => ModelDownload.Save(_hub!, [file], Force, observer, cancellation)[0]);
    }

    private bool IsAgreed(string target, IReadOnlyList<HubFile> files)
    {
        HubFile[] wanted = [.. files.Where(file => Force || !ModelStore.IsKnown(file))];
        string list = string.Join(", ", wanted.Select(file => file.Bytes is { } bytes ? $"{file.Name} ({ByteSize.Text(bytes)})" : file.Name));
        return wanted.Length == 0 || ShouldProcess(target, $"Download {list} into '{Engine.CacheFolder.Models}'");
    }

    private void Save<T>(string name, Func<IDownloadObserver, CancellationToken, T> work)
        where T : class
    {
        string activity = $"Downloading {name}";
        T? saved = null;
        try
        {
            RunEngine<object>(null, (observer, give, cancellation) => give(work(new DownloadEvents(observer, give), cancellation)), item =>
            {
                if (item is DownloadProgress progress)
                    WriteProgress(DownloadText.Record(ActivityId, activity, progress));
                else
                    saved = (T)item;
            });
        }
        finally
        {
            if (!Stopping)
                WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
        WriteObject(saved);
    }
}
