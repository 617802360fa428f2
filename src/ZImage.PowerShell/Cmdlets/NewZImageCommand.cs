using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Draws images from texts. What is left out is set to what fits the model.</summary>
[Cmdlet(VerbsCommon.New, "ZImage")]
[OutputType(typeof(GeneratedImage))]
public sealed class NewZImageCommand : EngineCmdlet
{
    private const int PromptShown = 60;

    // Seeds that other image programs take as well.
    private const long RandomSeeds = 1L << 32;

    private IReadOnlySet<string> _onCommandLine = new HashSet<string>();

    /// <summary>What to draw.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    public string Prompt { get; set; } = "";

    /// <summary>The imported model, or its name; the one imported last when left out.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ModelArgument]
    [ArgumentCompleter(typeof(SessionNameCompleter))]
    public ModelReference? Model { get; set; }

    /// <summary>What to steer away from; it counts only with a CfgScale above 1.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    public string? NegativePrompt { get; set; }

    /// <summary>Width in pixels, a multiple of 16.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? Width { get; set; }

    /// <summary>Height in pixels, a multiple of 16.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? Height { get; set; }

    /// <summary>Width and height together, for example 1024x768.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ImageSizeArgument]
    [ArgumentCompleter(typeof(ImageSizeCompleter))]
    public ImageSize? Size { get; set; }

    /// <summary>Number of sampling steps.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? Steps { get; set; }

    /// <summary>Name of the sampler.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    [ArgumentCompleter(typeof(SamplerNameCompleter))]
    public string? Sampler { get; set; }

    /// <summary>Name of the scheduler, which places the steps.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    [ArgumentCompleter(typeof(SchedulerNameCompleter))]
    public string? Scheduler { get; set; }

    /// <summary>Seed of the noise an image starts from: the same seed and settings give the same image. Random when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<long>]
    public long? Seed { get; set; }

    /// <summary>Flow shift: higher values spend more of the steps on the composition.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<float>]
    public float? Shift { get; set; }

    /// <summary>Guidance: 1 for none. Higher values follow the prompt more closely and take twice the time.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<float>]
    public float? CfgScale { get; set; }

    /// <summary>Number of images of the prompt; each takes the seed after the one before.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? Count { get; set; }

    protected override void BeginProcessing()
        => _onCommandLine = MyInvocation.BoundParameters.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);

    protected override void ProcessRecord() => Report(() =>
    {
        ModelSession session = Model is null || PipedText ? OpenSessions.Latest : Model.Find();
        int count = Count ?? 1;
        if (count < 1)
            throw new InvalidSettingException(nameof(Count), count, "1 or more");

        ImageRequest first = MakeRequest(session.Defaults);
        for (int i = 0; i < count; i++)
        {
            ImageRequest request = first with { Seed = unchecked(first.Seed + i) };
            WriteVerbose(Describe(request, session));
            WriteObject(RunEngine(Activity(request, i, count), (observer, cancellation) => session.Generate(request, observer, cancellation)));
        }
    });

    // A text in the pipeline is a prompt; the binder gives it to both parameters, because -Model takes names too.
    private bool PipedText
        => Model is { IsName: true } && ReferenceEquals(Model.Name, Prompt) && !_onCommandLine.Contains(nameof(Model));

    private ImageRequest MakeRequest(ModelDefaults defaults)
    {
        // Width and Height say more than Size, but what the command line says counts more than what comes by the pipeline.
        bool sizeFirst = Size is not null && _onCommandLine.Contains(nameof(Size));
        int? width = sizeFirst && !_onCommandLine.Contains(nameof(Width)) ? Size!.Value.Width : Width ?? Size?.Width;
        int? height = sizeFirst && !_onCommandLine.Contains(nameof(Height)) ? Size!.Value.Height : Height ?? Size?.Height;
        return new ImageRequest
        {
            Prompt = Prompt,
            NegativePrompt = NegativePrompt ?? "",
            Width = width ?? defaults.Width,
            Height = height ?? defaults.Height,
            Steps = Steps ?? defaults.Steps,
            Sampler = Sampler ?? defaults.Sampler,
            Scheduler = Scheduler ?? defaults.Scheduler,
            Shift = Shift ?? defaults.Shift,
            CfgScale = CfgScale ?? defaults.CfgScale,
            Seed = Seed ?? Random.Shared.NextInt64(RandomSeeds),
        };
    }

    private static string Activity(ImageRequest request, int index, int count)
    {
        string prompt = request.Prompt.Length <= PromptShown ? request.Prompt : request.Prompt[..PromptShown] + "...";
        return count == 1 ? $"Drawing '{prompt}'" : $"Drawing '{prompt}' ({index + 1} of {count})";
    }

    private static string Describe(ImageRequest request, ModelSession session) => FormattableString.Invariant(
        $"Drawing {request.Width}x{request.Height} with '{session.Name}' on {session.Device}: seed {request.Seed}, {request.Steps} steps of {request.Sampler} on {request.Scheduler}, shift {request.Shift}, CFG scale {request.CfgScale}.");
}
