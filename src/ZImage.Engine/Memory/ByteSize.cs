using System.Globalization;

namespace ZImage.Engine.Memory;

/// <summary>Sizes as a person reads them, in units of 1024.</summary>
public static class ByteSize
{
    /// <summary>For example <c>11.2 GiB</c> or <c>320.0 MiB</c>.</summary>
    public static string Text(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):F2} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):F1} MiB");
}
