using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// The plan that a run follows. When an allocation fails all the same, the rest of the run is planned again with less memory and goes on from
/// the phase that failed, unless the options are strict.
/// </summary>
internal sealed class PlanLadder(LoadedModel model, SessionPlanner planner, IGenerationObserver? observer)
{
    private const int MostSteps = 16;

    private readonly List<StepDown> _steps = [];
    private MemoryPlan? _plan;
    private PhasePlan? _entered;

    /// <summary>The plan that is followed now.</summary>
    public MemoryPlan Plan => _plan ?? throw new InvalidOperationException("Nothing was planned yet.");

    /// <summary>The changes of plan so far.</summary>
    public IReadOnlyList<StepDown> Steps => _steps;

    /// <summary>Says that the device is about to be taken to what a phase holds, and does it.</summary>
    public Action<PhasePlan, Action> Entering { get; init; } = (_, enter) => enter();

    /// <summary>Whether an allocation that fails is a fault whatever the options say.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Plans a run and follows the plan from now on.</summary>
    /// <returns>False where several drawings do not go together: they do not fit, or tiles are of one size and the pictures are not.</returns>
    /// <exception cref="BudgetTooSmallException">A single drawing does not fit; nothing was moved.</exception>
    public bool Start(RunShape run)
    {
        if (run.HasTiles && run.Decoded.Count > 1)
            return false;
        MemoryPlan plan = planner.MakeForRun(run);
        if (run.Decoded.Count > 1 && (!plan.Fits || (plan.Decoding.Method == ImageMethod.Tiles || planner.Options.VaeTiling == VaeTiling.On) && run.HasSizes))
            return false;
        if (!plan.Fits)
            throw new BudgetTooSmallException(plan, planner.Advise(run, plan));
        observer?.OnMessage(MessageLevel.Verbose, plan.Describe() + Reasons(plan));
        Follow(plan);
        return true;
    }

    /// <summary>Does a part of a phase with what the plan holds on the device then.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="rest">What is left of the run from this part on.</param>
    /// <param name="part">The part; it leaves nothing behind when an allocation fails.</param>
    /// <exception cref="DeviceOutOfMemoryException">An allocation failed, and there is no smaller plan.</exception>
    /// <exception cref="BudgetExceededException">Likewise.</exception>
    public T Do<T>(Phase phase, Func<RunShape> rest, Func<PhasePlan, T> part)
    {
        while (true)
        {
            int failures = model.Memory.Failures;
            try
            {
                Enter(phase);
                return part(_entered!);
            }
            catch (ZImageException fault) when (fault is DeviceOutOfMemoryException or BudgetExceededException && model.Memory.Failures > failures)
            {
                // A place may be there without its weights being so, or not be there at all.
                _entered = null;
                model.Residency.Transfer.Rest();
                if (IsStrict || planner.Options.Strict || _steps.Count >= MostSteps || Smaller(rest()) is not { } smaller)
                    throw;
                var step = new StepDown(phase, Plan.Mode, smaller.Mode, Plan.BudgetBytes, smaller.BudgetBytes, fault.Message, smaller);
                _steps.Add(step);
                observer?.OnMessage(MessageLevel.Warning, step.Describe());
                planner.Lower(smaller.BudgetBytes);
                Follow(smaller);
            }
        }
    }

    private void Enter(Phase phase)
    {
        PhasePlan next = Plan.Phases.First(each => each.Phase == phase);
        if (next == _entered)
            return;
        _entered = null;
        Entering(next, () =>
        {
            model.Residency.Enter(next);
            model.Residency.Prepare(next);
        });
        _entered = next;
    }

    // Why it is so, for who wonders.
    private string Reasons(MemoryPlan plan)
    {
        string mode = plan.RequestedMode == OffloadMode.Auto ? $" {plan.Mode} is the fastest mode that fits." : "";
        string decoding = plan.Decoding.Method == ImageMethod.Whole ? ""
            : planner.Options.VaeTiling == VaeTiling.On ? " Tiles were asked for." : " The autoencoder has no room for the whole picture at a time.";
        return mode + decoding;
    }

    private void Follow(MemoryPlan plan)
    {
        _plan = plan;
        _entered = null;
        model.Memory.Limit = plan.BudgetBytes;
        model.Ram.Limit = Math.Max(planner.RamBudget(), plan.HostBytes);
        model.Residency.Follow(plan);
    }

    // An eighth less, or what is live free if that is less still: in the same mode if it does, else in the fastest that does, else in the one that
    // needs least. None when that is what has failed.
    private MemoryPlan? Smaller(RunShape rest)
    {
        long budget = Math.Min(planner.Budget().Bytes, Math.Min(Plan.BudgetBytes, Plan.PeakBytes) / 8 * 7);
        foreach (OffloadMode mode in ((OffloadMode[])[Plan.RequestedMode, OffloadMode.Auto]).Distinct())
        {
            MemoryPlan plan = planner.Make(rest, mode, budget);
            if (plan.Fits)
                return plan;
        }
        MemoryPlan least = planner.MakeLeast(rest);
        long needed = Plan.Phases.Where(phase => least.Phases.Any(left => left.Phase == phase.Phase)).Max(phase => phase.PeakBytes);
        return least.PeakBytes < needed ? least : null;
    }
}
