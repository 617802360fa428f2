using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Sampling;
using ZImage.Engine.Sampling.Noise;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Errors;
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

    private readonly HashSet<string> _warnings = [];
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

    /// <summary>What to steer away from; it counts only with a CfgScale above 1 or a CFG++ sampler.</summary>
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

    /// <summary>Name of the sampler. The names of other programs do as well, and one such as 'DPM++ 2M Karras' names the scheduler too.</summary>
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

    /// <summary>Random generator that the seed is for: Cuda has the seeds of stable-diffusion.cpp, Cpu those of ComfyUI and diffusers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<NoiseGenerator>]
    public NoiseGenerator? Rng { get; set; }

    /// <summary>Flow shift: higher values spend more of the steps on the composition.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<float>]
    public float? Shift { get; set; }

    /// <summary>Noise levels of one's own, falling from at most 1, in place of Steps, Scheduler and Shift. A last 0 may be left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [NumberList]
    public float[]? Sigmas { get; set; }

    /// <summary>Share of fresh noise that the sampler adds in each step, 0 to 1, for samplers that take one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<float>]
    public float? Eta { get; set; }

    /// <summary>Guidance: 1 for none. Higher values follow the prompt more closely and take twice the time. A CFG++ sampler takes 0 to 1, and twice the time for any.</summary>
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
        ModelSession session = FindSession();
        int count = Count ?? 1;
        if (count < 1)
            throw new InvalidSettingException(nameof(Count), count, "1 or more");

        ImageRequest first = MakeRequest(session.Defaults);
        // The same words for each of many prompts would help nobody.
        foreach (string text in new SettingsInVain(this, _onCommandLine).Of(first).Where(_warnings.Add))
            WriteWarning(text);
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

    private ModelSession FindSession()
    {
        if (Model is null || PipedText)
            return OpenSessions.Latest;
        try
        {
            return Model.Find();
        }
        catch (SessionNotFoundException) when (Model.IsOrigin && !_onCommandLine.Contains(nameof(Model)))
        {
            ModelSession latest = OpenSessions.Latest;
            WriteWarning($"The image was made by the model '{Model.Name}'; no imported model has its fingerprints, so '{latest.Name}' draws it now.");
            return latest;
        }
    }

    private ImageRequest MakeRequest(ModelDefaults defaults)
    {
        // Width and Height say more than Size, but what the command line says counts more than what comes by the pipeline.
        bool sizeFirst = Size is not null && _onCommandLine.Contains(nameof(Size));
        int? width = sizeFirst && !_onCommandLine.Contains(nameof(Width)) ? Size!.Value.Width : Width ?? Size?.Width;
        int? height = sizeFirst && !_onCommandLine.Contains(nameof(Height)) ? Size!.Value.Height : Height ?? Size?.Height;
        (string? sampler, string? placed) = Sampler is null ? default : SamplerNames.Parse(Sampler);
        bool schedulerFirst = Scheduler is not null && (_onCommandLine.Contains(nameof(Scheduler)) || !_onCommandLine.Contains(nameof(Sampler)));
        bool scheduled = new[] { nameof(Steps), nameof(Scheduler), nameof(Shift) }.Any(_onCommandLine.Contains);
        return new ImageRequest
        {
            Prompt = Prompt,
            NegativePrompt = NegativePrompt ?? "",
            Width = width ?? defaults.Width,
            Height = height ?? defaults.Height,
            Steps = Steps ?? defaults.Steps,
            Sampler = sampler ?? Sampler ?? defaults.Sampler,
            Scheduler = (schedulerFirst || sampler is null ? null : placed) ?? Scheduler ?? defaults.Scheduler,
            Shift = Shift ?? defaults.Shift,
            Sigmas = scheduled && !_onCommandLine.Contains(nameof(Sigmas)) ? null : Sigmas,
            Eta = Eta,
            CfgScale = CfgScale ?? defaults.CfgScale,
            Seed = Seed ?? Random.Shared.NextInt64(RandomSeeds),
            Rng = Rng ?? default,
        };
    }

    private static string Activity(ImageRequest request, int index, int count)
    {
        string prompt = request.Prompt.Length <= PromptShown ? request.Prompt : request.Prompt[..PromptShown] + "...";
        return count == 1 ? $"Drawing '{prompt}'" : $"Drawing '{prompt}' ({index + 1} of {count})";
    }

    private static string Describe(ImageRequest request, ModelSession session)
    {
        string levels = request.Sigmas is { } sigmas
            ? $"{request.Sampler} on the noise levels {NoiseLevels.Text(sigmas)}"
            : FormattableString.Invariant($"{request.Steps} steps of {request.Sampler} on {request.Scheduler}, shift {request.Shift}");
        return FormattableString.Invariant(
            $"Drawing {request.Width}x{request.Height} with '{session.Name}' on {session.Device}: seed {request.Seed} ({request.Rng}), {levels}, CFG scale {request.CfgScale}.");
    }
}
