using ZImage.Engine.Generation;

namespace ZImage.Engine.Memory;

/// <summary>A change of plan in the middle of a run: an allocation failed all the same, and what is left of the run is done with less memory.</summary>
/// <param name="Phase">Where it failed; what was computed before is kept.</param>
/// <param name="FromMode">The mode until then.</param>
/// <param name="ToMode">The mode from then on.</param>
/// <param name="FromBudgetBytes">The budget until then.</param>
/// <param name="ToBudgetBytes">The budget from then on, for the pictures to come as well, until the options are changed.</param>
/// <param name="Reason">The error that led to it.</param>
/// <param name="Plan">What was planned for the rest.</param>
public sealed record StepDown(Phase Phase, OffloadMode FromMode, OffloadMode ToMode, long FromBudgetBytes, long ToBudgetBytes, string Reason, MemoryPlan Plan)
{
    /// <summary>One sentence for a person.</summary>
    public string Describe()
    {
        string mode = FromMode == ToMode ? $"still with the mode {ToMode}" : $"with the mode {ToMode} in place of {FromMode}";
        return $"{Reason} The run goes on from {Phase} with {ByteSize.Text(ToBudgetBytes)} in place of {ByteSize.Text(FromBudgetBytes)}, {mode}; the pictures to come are planned with that, until Set-ZOffload is called. What was computed already is kept.";
    }

    public override string ToString() => Describe();
}
