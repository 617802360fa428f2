using System.Management.Automation;
using System.Runtime.ExceptionServices;
using ZImage.Engine.Generation;
using ZImage.Engine.Memory;
using ZImage.Engine.Sampling;
using ZImage.PowerShell.Binding;
using ZImage.PowerShell.Execution;
using ZImage.PowerShell.Terminal;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>Draws images from texts. What is left out is set to what fits the model.</summary>
[Cmdlet(VerbsCommon.New, "ZImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(GeneratedImage))]
public sealed class NewZImageCommand : SeededRequestCmdlet
{
    private const int PromptShown = 60;

    // Seeds that other image programs take as well.
    private const long RandomSeeds = 1L << 32;

    // Latents and hidden states of so many wait in host memory.
    private const int MostInStages = 64;

    // Options that make another picture of one that is drawn again.
    private static readonly string[] s_settings =
    [
        nameof(Prompt), nameof(NegativePrompt), nameof(Width), nameof(Height), nameof(Size), nameof(Steps), nameof(Sampler), nameof(Scheduler), nameof(Shift), nameof(Sigmas),
        nameof(Eta), nameof(CfgScale), nameof(Seed), nameof(Rng),
    ];

    private readonly HashSet<string> _warnings = [];
    private readonly List<(ImageRequest Request, int Images, int Input, ImageOrigin? Origin)> _pending = [];
    private ModelSession? _pendingSession;
    private string? _activity;
    private int _input, _failedInput, _done;
    private int? _total;

    /// <summary>What to draw.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [TextOnly]
    public string Prompt { get; set; } = "";

    /// <summary>Number of images of the prompt; each takes the seed after the one before.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? Count { get; set; }

    /// <summary>
    /// Prompts, 1 to 64, that are collected from the pipeline and drawn stage by stage: all are read, then all sampled, then all decoded, so that
    /// weights which come and go do so once for all of them. The pictures are the same, and come in the same order. 1 when left out.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<int>]
    public int? StageBatch { get; set; }

    /// <summary>
    /// What computed an image that is drawn again, as Get-ZImageInfo and New-ZImage give it: it is decoded in the same tiles, and a warning says what
    /// differs now, so that another picture is to be expected. It counts only where no setting of the picture is changed on the command line.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OriginArgument]
    public ImageOrigin? Origin { get; set; }

    /// <summary>Shows the pictures forming in the terminal, about once a second. Nothing is shown where the output is no terminal; the pictures are the same.</summary>
    [Parameter]
    public SwitchParameter Preview { get; set; }

    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (!Preview)
            return;
        var terminal = new HostTerminal(Host, SessionState);
        if (terminal.WhyNot is { } reason)
            WriteVerbose($"No preview is shown: {reason}.");
        else
            PreviewScreen = new PreviewScreen(terminal);
    }

    protected override void ProcessRecord() => WithBatch(() => Report(DrawInput), ends: false);

    protected override void EndProcessing() => WithBatch(() => Report(DrawPending), ends: true);

    private void DrawInput()
    {
        _input++;
        ModelSession session = FindSession(PipedText ? null : Model);
        int count = Count ?? 1;
        if (count < 1)
            throw new InvalidSettingException(nameof(Count), count, "1 or more");
        if (StageBatch is < 1 or > MostInStages)
            throw new InvalidSettingException(nameof(StageBatch), StageBatch, $"from 1 to {MostInStages}");

        ImageOrigin? origin = OnCommandLine.Overlaps(s_settings) ? null : Origin;
        ImageRequest first = MakeRequest(session.Defaults, Prompt) with
        {
            Seed = Seed ?? Random.Shared.NextInt64(RandomSeeds),
            Rng = Rng ?? default,
            Tiles = origin?.Tiles,
        };
        // The same words for each of many prompts would help nobody.
        foreach (string text in new SettingsInVain(this, OnCommandLine).Of(first).Where(_warnings.Add))
            WriteWarning(text);
        int batch = CheckedBatchSize() ?? (count == 1 ? 1 : ChooseBatch(session, first, count));
        _total = MyInvocation.ExpectingInput ? null : count;
        for (int made = 0; made < count && _failedInput != _input; made += batch)
        {
            int together = Math.Min(batch, count - made);
            ImageRequest request = first with { Seed = unchecked(first.Seed + made) };
            if (ShouldProcess(Describe(request, together, session), $"Draw '{Shown(request.Prompt)}' with '{session.Name}'?", "New-ZImage", out ShouldProcessReason reason))
            {
                Draw(session, request, together, origin, Activity(request, made, together, count));
            }
            else if (reason == ShouldProcessReason.WhatIf)
            {
                TellPlan(session, request, together, count);
                break;
            }
        }
    }

    // Now, or when enough have come.
    private void Draw(ModelSession session, ImageRequest request, int images, ImageOrigin? origin, string activity)
    {
        if (_pendingSession != session)
            DrawPending();
        _pendingSession = session;
        _pending.Add((request, images, _input, origin));
        _activity = _pending.Count == 1 ? activity : $"Drawing {_pending.Count} prompts stage by stage";
        if (_pending.Count >= (StageBatch ?? 1))
            DrawPending();
    }

    private void DrawPending()
    {
        if (_pending.Count == 0)
            return;
        ModelSession session = _pendingSession!;
        (ImageRequest Request, int Images, int Input, ImageOrigin? Origin)[] drawings = [.. _pending];
        _pending.Clear();
        int images = drawings.Sum(drawing => drawing.Images);
        Batch = _total == 1 ? null : new BatchProgress("Drawing pictures", _total is { } total ? $"{_done} of {total} done" : $"{_done} done", _done, images, _total);
        _done += images;
        RunEngine<DrawingResult>(_activity, (observer, completed, cancellation) =>
            session.Generate([.. drawings.Select(drawing => (drawing.Request, drawing.Images))], completed, observer, cancellation), result => Report(() =>
        {
            if (drawings[result.Index].Origin is { } then && result.Images is [var first, ..])
            {
                foreach (string difference in then.DifferencesTo(first.Origin).Where(_warnings.Add))
                    WriteWarning($"Another picture than the one that is drawn again is to be expected. {difference}");
            }
            WriteObject(result.Images, enumerateCollection: true);
            // One error for an input: the pictures of a series have the same.
            if (result.Fault is { } fault && _failedInput != drawings[result.Index].Input)
            {
                _failedInput = drawings[result.Index].Input;
                ExceptionDispatchInfo.Throw(fault);
            }
        }));
    }

    private int ChooseBatch(ModelSession session, ImageRequest request, int count)
    {
        int batch = RunEngine(null, (_, cancellation) => session.ChooseBatch(request, count, cancellation));
        WriteVerbose(batch == 1
            ? $"The {count} pictures are drawn one at a time: nothing that they could share is moved for each of them, or no more than one fits."
            : $"{batch} of the {count} pictures are drawn together at a time: weights that come and go do so once for all of them.");
        return batch;
    }

    // A text in the pipeline is a prompt; the binder gives it to both parameters, because -Model takes names too.
    private bool PipedText
        => Model is { IsName: true } && ReferenceEquals(Model.Name, Prompt) && !OnCommandLine.Contains(nameof(Model));

    // What ShouldProcess is asked under -WhatIf it only prints. The rest of a series takes no more than its start.
    private void TellPlan(ModelSession session, ImageRequest request, int images, int count)
    {
        MemoryPlan plan = RunEngine(null, (observer, cancellation) => session.Plan(request, [session.OffloadMode], images, encodes: false, observer, cancellation))[0];
        string series = count == images ? "" : $" {count} pictures, {images} at a time.";
        string verdict = plan.Fits ? "" : " That does not fit: it would end with the error BudgetTooSmall. Get-ZMemoryPlan -AllModes says which modes fit.";
        ShouldProcess(plan.Describe() + series + verdict, null, null);
    }

    private static string Activity(ImageRequest request, int made, int together, int count)
    {
        string number = count == 1 ? "" : together == 1 ? $" ({made + 1} of {count})" : $" ({made + 1} to {made + together} of {count} together)";
        return $"Drawing '{Shown(request.Prompt)}'{number}";
    }

    // In one line: a progress bar has no more.
    private static string Shown(string prompt)
    {
        string line = string.Join(' ', prompt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        line = new string([.. line.Where(c => !char.IsControl(c))]);
        return line.Length <= PromptShown ? line : line[..PromptShown] + "...";
    }

    private static string Describe(ImageRequest request, int images, ModelSession session)
    {
        string levels = request.Sigmas is { } sigmas
            ? $"{request.Sampler} on the noise levels {NoiseLevels.Text(sigmas)}"
            : FormattableString.Invariant($"{request.Steps} steps of {request.Sampler} on {request.Scheduler}, shift {request.Shift}");
        string together = images == 1 ? "" : $", {images} pictures together";
        return FormattableString.Invariant(
            $"Drawing {request.Width}x{request.Height} with '{session.Name}' on {session.Device}: seed {request.Seed} ({request.Rng}), {levels}, CFG scale {request.CfgScale}{together}.");
    }
}
