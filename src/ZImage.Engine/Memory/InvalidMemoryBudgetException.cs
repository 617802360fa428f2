namespace ZImage.Engine.Memory;

/// <summary>A memory budget is not written as one, or makes no sense. ErrorId <c>InvalidMemoryBudget</c>.</summary>
/// <param name="setting">The setting that was to get it: <c>VramBudget</c>, <c>RamBudget</c>.</param>
/// <param name="text">What was given.</param>
/// <param name="reason">Why it is none, as the rest of a sentence that begins with "it".</param>
public sealed class InvalidMemoryBudgetException(string setting, string text, string reason)
    : ZImageException("InvalidMemoryBudget", $"{setting} is '{text}': it {reason}.",
        $"Give {setting} as a size such as 8.5GB, as what to leave free such as -1GB, as a share of all memory such as 80%, or as auto.", text);
