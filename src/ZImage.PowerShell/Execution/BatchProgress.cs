namespace ZImage.PowerShell.Execution;

/// <summary>What a cmdlet makes in several runs, as the outermost record shows it.</summary>
/// <param name="Activity">What is made.</param>
/// <param name="Status">How far it is.</param>
/// <param name="Done">Items that were made before the run at work.</param>
/// <param name="Share">Items, or the part of one, that the run at work makes.</param>
/// <param name="Total">Items in all; null where nobody knows, as in a pipeline.</param>
internal sealed record BatchProgress(string Activity, string Status, double Done, double Share, int? Total);
