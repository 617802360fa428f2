using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Sampling;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Errors;
using ZImage.PowerShell.Execution;
using ZImage.PowerShell.Sessions;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>A cmdlet that is told how to draw: everything that counts for time and memory, so all but seed and number.</summary>
public abstract class RequestCmdlet : EngineCmdlet
{
    /// <summary>
    /// The imported model, or its name. The default model when left out: the one this runspace imported last, or else the one that any runspace of
    /// the process imported last.
    /// </summary>
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

    /// <summary>Pictures that are made together, 1 to 16, so that weights which are moved are moved once for all of them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? BatchSize { get; set; }

    /// <summary>The session that is meant.</summary>
    /// <param name="model">What was given; null for the default session.</param>
    private protected ModelSession FindSession(ModelReference? model)
    {
        if (model is null)
            return OpenSessions.Latest;
        try
        {
            return model.Find();
        }
        catch (SessionNotFoundException) when (model.IsOrigin && !OnCommandLine.Contains(nameof(Model)))
        {
            ModelSession latest = OpenSessions.Latest;
            WriteWarning($"The image was made by the model '{model.Name}'; no imported model has its fingerprints, so '{latest.Name}' draws it now.");
            return latest;
        }
    }

    /// <summary>The batch size that was given; null when it was left out.</summary>
    /// <exception cref="InvalidSettingException">So many are never made together.</exception>
    private protected int? CheckedBatchSize()
        => BatchSize is < 1 or > ModelSession.MostTogether ? throw new InvalidSettingException(nameof(BatchSize), BatchSize, $"from 1 to {ModelSession.MostTogether}") : BatchSize;

    /// <summary>What the options make, with the model's defaults where they are left out.</summary>
    /// <param name="defaults">The model's defaults.</param>
    /// <param name="prompt">What to draw.</param>
    private protected ImageRequest MakeRequest(ModelDefaults defaults, string prompt)
    {
        // Width and Height say more than Size, but what the command line says counts more than what comes by the pipeline.
        bool sizeFirst = Size is not null && OnCommandLine.Contains(nameof(Size));
        int? width = sizeFirst && !OnCommandLine.Contains(nameof(Width)) ? Size!.Value.Width : Width ?? Size?.Width;
        int? height = sizeFirst && !OnCommandLine.Contains(nameof(Height)) ? Size!.Value.Height : Height ?? Size?.Height;
        (string? sampler, string? placed) = Sampler is null ? default : SamplerNames.Parse(Sampler);
        bool schedulerFirst = Scheduler is not null && (OnCommandLine.Contains(nameof(Scheduler)) || !OnCommandLine.Contains(nameof(Sampler)));
        bool scheduled = new[] { nameof(Steps), nameof(Scheduler), nameof(Shift) }.Any(OnCommandLine.Contains);
        return new ImageRequest
        {
            Prompt = prompt,
            NegativePrompt = NegativePrompt ?? "",
            Width = width ?? defaults.Width,
            Height = height ?? defaults.Height,
            Steps = Steps ?? defaults.Steps,
            Sampler = sampler ?? Sampler ?? defaults.Sampler,
            Scheduler = (schedulerFirst || sampler is null ? null : placed) ?? Scheduler ?? defaults.Scheduler,
            Shift = Shift ?? defaults.Shift,
            Sigmas = scheduled && !OnCommandLine.Contains(nameof(Sigmas)) ? null : Sigmas,
            Eta = Eta,
            CfgScale = CfgScale ?? defaults.CfgScale,
            Seed = 0,
        };
    }
}
