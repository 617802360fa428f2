using System.Globalization;

namespace ZImage.Engine.Memory;

/// <summary>Sizes as a person reads them, in units of 1024.</summary>
public static class ByteSize
{
    private const decimal Mib = 1 << 20, Gib = 1 << 30;

    /// <summary>For example <c>11.20 GiB</c> or <c>320.0 MiB</c>.</summary>
    public static string Text(long bytes) => bytes >= Gib ? Gibibytes(bytes / Gib) : Mebibytes(bytes / Mib);

    /// <summary>The same, rounded up: so much is enough.</summary>
    public static string AtLeast(long bytes) => bytes >= Gib ? Gibibytes(decimal.Ceiling(bytes * 100 / Gib) / 100) : Mebibytes(decimal.Ceiling(bytes * 10 / Mib) / 10);

    private static string Gibibytes(decimal number) => string.Create(CultureInfo.InvariantCulture, $"{number:F2} GiB");

    private static string Mebibytes(decimal number) => string.Create(CultureInfo.InvariantCulture, $"{number:F1} MiB");
}
