namespace ZImage.Host;

/// <summary>The command line cannot be understood; the message says which part.</summary>
internal sealed class HostUsageException(string message) : Exception(message);
