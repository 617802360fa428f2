using System.Management.Automation;
using ZImage.Engine.Generation;
using ZImage.Engine.Measuring;
using ZImage.Engine.Memory;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Completion;
using ZImage.PowerShell.Execution;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Measures how a model generates in one or more configurations: a suite, configurations of one's own, or the session as it is. Each run gives one
/// object as soon as it has ended. A run that does not fit, takes too long or fails is a result like others and ends only its configuration. The
/// session has its own options again at the end.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "ZGeneration")]
[OutputType(typeof(GenerationMeasurement), typeof(MeasurementSummary))]
public sealed class MeasureZGenerationCommand : SeededRequestCmdlet, IDisposable
{
    private const string DefaultPrompt = "a cat";
    private const long DefaultSeed = 42;

    private readonly List<(ModelSession Session, List<MeasureConfiguration> Configurations)> _toMeasure = [];

    private ModelSession? _synthetic;

    /// <summary>A table of configurations: VramOffload has eight ways to use a card of 12 GB, at 1024x1024 in 9 steps of euler on smoothstep.</summary>
    [Parameter]
    [OptionalChoice<MeasureSuite>]
    public MeasureSuite? Suite { get; set; }

    /// <summary>Rows of the suite that are measured, by their numbers; all when left out.</summary>
    [Parameter]
    public int[]? Row { get; set; }

    /// <summary>
    /// Configurations of one's own: hashtables, rows of a CSV file, or Settings of earlier measurements. Each has a Name, and any of the parameters
    /// of Set-ZOffload and New-ZImage under their names. What it leaves out is as the command line says, or else as the session has it; but a prompt
    /// is read in each run unless the configuration has a PromptCache.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [ConfigurationArgument]
    public object[]? Configuration { get; set; }

    /// <summary>What to draw: 'a cat' when left out.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalText]
    public string? Prompt { get; set; }

    /// <summary>
    /// Most memory of the device for every configuration that does not say it itself: 12GB, -1GB, 80% or auto. When left out, a suite has what a
    /// card of 12 GB leaves to it, 10.25GB, and for a model with fewer weights as much less, but what CondOnly needs; other configurations have the
    /// session's budget.
    /// </summary>
    [Parameter]
    [MemoryBudgetArgument(nameof(VramBudget))]
    [ArgumentCompleter(typeof(MemoryBudgetCompleter))]
    public MemoryBudget? VramBudget { get; set; }

    /// <summary>Measured runs of each configuration, 1 when left out.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Repeat { get; set; } = 1;

    /// <summary>
    /// Runs of each configuration before the measured ones, 1 when left out. The first run of a configuration reads and moves all its weights, pins
    /// memory and compiles kernels; 0 measures it, as a program shows it that draws one picture and ends.
    /// </summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int Warmup { get; set; } = 1;

    /// <summary>Most time of a run: seconds, or a time span; 600 seconds when left out. What takes longer is stopped, and Timeout is its result.</summary>
    [Parameter]
    [DurationArgument]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Measures a model of random weights, made in memory and gone at the end, in place of an imported one: of the published size, Z-Image in Q8_0, where
    /// the machine's memory holds it, else with fewer layers, and the budget scaled alike. So a card can be judged before a model is there.
    /// </summary>
    [Parameter]
    public SwitchParameter Synthetic { get; set; }

    /// <summary>Where the synthetic model computes: CPU, CUDA0, Vulkan0, ... (see Get-ZDevice); the first of CUDA, Vulkan and CPU that works when left out.</summary>
    [Parameter]
    [OptionalText]
    [ArgumentCompleter(typeof(DeviceNameCompleter))]
    public string? Device { get; set; }

    /// <summary>Bytes of the synthetic model as a share of the published one's, 0 to 1; as large as the machine's memory allows when left out.</summary>
    [Parameter]
    [OptionalNumber<double>]
    public double? Scale { get; set; }

    /// <summary>Gives one object for each configuration in place of its runs: how many succeeded, medians and spread.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Row is not null && Suite is null)
            WriteWarning("Row has no effect: there is no Suite.");
        if (Synthetic && OnCommandLine.Contains(nameof(Model)))
            WriteWarning("Model has no effect: a synthetic model is measured.");
        foreach (string name in (string[])[nameof(Device), nameof(Scale)])
        {
            if (!Synthetic && OnCommandLine.Contains(name))
                WriteWarning($"{name} has no effect: it is for a synthetic model.");
        }
    }

    // What comes by the pipeline is measured together, so that progress can say how much there is.
    protected override void ProcessRecord() => Report(() =>
    {
        ModelSession session = Synthetic ? _synthetic ?? OpenSynthetic() : FindSession(Model);
        if (Configuration is null)
        {
            List<MeasureConfiguration> own = For(session);
            if (Suite is null)
                own.Add(Basis(session));
            return;
        }
        foreach (object configuration in Configuration)
        {
            Report(() =>
            {
                if (configuration is MeasureConfiguration ready)
                {
                    For(session).Add(ready);
                    return;
                }
                var settings = new ConfigurationSettings(configuration);
                ModelSession meant = settings.Model?.Find() ?? session;
                MeasureConfiguration basis = Basis(meant), read = settings.On(basis);
                if (read.Offload.VramBudget != basis.Offload.VramBudget)
                    read = read with { Offload = read.Offload with { VramBudget = Scaled(read.Offload.VramBudget, meant) } };
                For(meant).Add(read);
            });
        }
    });

    protected override void EndProcessing()
    {
        foreach ((ModelSession session, List<MeasureConfiguration> configurations) in _toMeasure)
            WithBatch(() => Report(() => Measure(session, configurations)), ends: true);
    }

    /// <summary>Lets the synthetic model go; PowerShell calls this also when the pipeline was stopped.</summary>
    public void Dispose() => _synthetic?.Dispose();

    private ModelSession OpenSynthetic()
    {
        _synthetic = RunEngine("Making a model of random weights", (observer, cancellation) =>
            SyntheticModel.Open(FindDevice(Device ?? "Auto", observer), new SessionOptions(), Scale, observer, cancellation), "Filling it");
        if (_synthetic.SyntheticScale is { } scale and < 1)
            WriteVerbose(FormattableString.Invariant($"The model has {100 * scale:F1} % of the published weights, and a budget in bytes counts as much less."));
        return _synthetic;
    }

    // What a budget leaves room for is the same share of the model.
    private static MemoryBudget Scaled(MemoryBudget budget, ModelSession session)
        => session.SyntheticScale is { } scale and < 1 && budget.Kind == MemoryBudgetKind.Bytes ? MemoryBudget.FromBytes(Math.Max((long)(budget.Bytes * scale), 1024)) : budget;

    private void Measure(ModelSession session, List<MeasureConfiguration> configurations)
    {
        string activity = $"Measuring '{session.Name}' on {session.Device}";
        using var benchmark = new GenerationBenchmark(session, configurations, new BenchmarkOptions { Repeat = Repeat, Warmup = Warmup, Timeout = Timeout });
        var runs = new List<GenerationMeasurement>();
        while (benchmark.Next is { } run)
        {
            double share = 1.0 / (Warmup + Repeat);
            Batch = new BatchProgress(activity, $"Configuration {run.Place} of {run.Places}: {run.Configuration}", run.Place - 1 + share * (run.Run - 1 + Warmup), share, run.Places);
            if (RunEngine(run.IsWarmup ? "Warming up" : $"Run {run.Run} of {Repeat}", benchmark.Measure) is not { } measured)
                continue;
            if (!Summary)
                WriteObject(measured);
            runs.Add(measured);
            if (!Summary || benchmark.Next?.Place == run.Place)
                continue;
            WriteObject(MeasurementSummary.Of(runs), enumerateCollection: true);
            runs.Clear();
        }
    }

    // The suite comes before what else is measured on a session.
    private List<MeasureConfiguration> For(ModelSession session)
    {
        if (_toMeasure.Find(each => each.Session == session).Configurations is { } known)
            return known;
        List<MeasureConfiguration> rows = Suite is null ? [] : SuiteRows(session);
        _toMeasure.Add((session, rows));
        return rows;
    }

    private List<MeasureConfiguration> SuiteRows(ModelSession session)
    {
        MeasureConfiguration basis = Basis(session);
        MeasureConfiguration[] rows = [.. VramOffloadSuite.Rows(basis.Offload, basis.Request).Select(row => row with { BatchSize = basis.BatchSize })];
        foreach (int number in Row ?? [])
        {
            if (number < 1 || number > rows.Length)
                throw new InvalidSettingException(nameof(Row), number, $"from 1 to {rows.Length}");
        }
        return [.. (Row ?? [.. rows.Select(row => row.Number!.Value)]).Select(number => rows[number - 1])];
    }

    private MeasureConfiguration Basis(ModelSession session)
    {
        ModelDefaults defaults = Suite is null ? session.Defaults : VramOffloadSuite.Settings(session.Defaults);
        ImageRequest request = MakeRequest(defaults, Prompt ?? DefaultPrompt) with { Seed = Seed ?? DefaultSeed, Rng = Rng ?? default };
        MemoryBudget budget = VramBudget is { } given ? Scaled(given, session) : (Suite is null ? session.Offload.VramBudget
            : RunEngine(null, (observer, cancellation) => VramOffloadSuite.Budget(session, request, observer, cancellation)));
        // Each run is to read its prompt, as the picture of a new prompt does.
        OffloadOptions options = (session == _synthetic ? new OffloadOptions() : session.Offload) with { VramBudget = budget, PromptCache = PromptCaching.Off };
        return new MeasureConfiguration(MeasureConfiguration.NameOf(options), options, request) { BatchSize = CheckedBatchSize() ?? 1 };
    }
}
