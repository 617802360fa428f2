namespace ZImage.Help;

/// <summary>Pages that do not say what they must, or say it of something that is not there; the build ends with it.</summary>
internal sealed class HelpPageException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults));
