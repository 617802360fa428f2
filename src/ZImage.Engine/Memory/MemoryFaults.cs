namespace ZImage.Engine.Memory;

/// <summary>An allocation would exceed the budget of a device. ErrorId <c>BudgetExceeded</c>.</summary>
public sealed class BudgetExceededException(string device, long bytes, long held, long budget, string purpose)
    : ZImageException("BudgetExceeded",
        $"{ByteSize.Text(bytes)} for {purpose} do not fit the budget of {device}: {ByteSize.Text(held)} of {ByteSize.Text(budget)} are in use.",
        $"Give a larger {(device == "RAM" ? "-RamBudget" : "-VramBudget")}, or report it with the settings: the plan should have said so before.", device)
{
    /// <summary>Bytes asked for.</summary>
    public long Bytes { get; } = bytes;
}

/// <summary>A computation needs a larger piece of memory than the device gives at once. ErrorId <c>BufferTooLarge</c>.</summary>
public sealed class BufferTooLargeException(string device, long bytes, long most, string purpose)
    : ZImageException("BufferTooLarge", $"{ByteSize.Text(bytes)} in one piece are needed for {purpose}, and {device} gives at most {ByteSize.Text(most)} in one.",
        "Make a smaller picture, or choose another device.", device);

/// <summary>No way of the kind that was asked for fits the budget. Nothing has been moved. ErrorId <c>BudgetTooSmall</c>.</summary>
public sealed class BudgetTooSmallException(MemoryPlan plan, string advice)
    : ZImageException("BudgetTooSmall",
        $"{(plan.BatchSize == 1 ? "A picture" : $"{plan.BatchSize} pictures together")} of {plan.Width}x{plan.Height} {(plan.BatchSize == 1 ? "does" : "do")} not fit {plan.Device} with the mode {plan.Mode}: {plan.Tightest.Phase} needs {ByteSize.Text(plan.Tightest.PeakBytes)} ({ByteSize.Text(plan.Tightest.WeightBytes)} of weights, {ByteSize.Text(plan.Tightest.WorkspaceBytes)} to compute), and the budget is {ByteSize.Text(plan.BudgetBytes)}.",
        advice, plan)
{
    /// <summary>The plan that does not fit.</summary>
    public MemoryPlan Plan { get; } = plan;
}
