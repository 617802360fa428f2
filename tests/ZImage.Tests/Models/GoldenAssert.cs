using System.Collections.Concurrent;
using System.Globalization;
using ZImage.Tests.Imaging;
using ZImage.Tests.Sampling;

namespace ZImage.Tests.Models;

/// <summary>Compares with reference values and keeps the largest error of each group, for the report artifacts/golden.md.</summary>
internal static class GoldenAssert
{
    private static readonly ConcurrentDictionary<string, (double Error, double Bar, string Where)> s_largest = new();

    static GoldenAssert() => AppDomain.CurrentDomain.ProcessExit += (_, _) => WriteReport();

    /// <summary>Largest absolute difference within a bar.</summary>
    public static void MaxAbs(string group, string where, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double bar)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
        }
        Check(group, "max abs", where, largest, bar);
    }

    /// <summary>Relative L2 difference within a bar.</summary>
    public static void RelativeL2(string group, string where, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double bar)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = 0, norm = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }
        double error = Math.Sqrt(difference / Math.Max(norm, double.Epsilon));
        Check(group, "relative L2", where, double.IsNaN(error) ? double.PositiveInfinity : error, bar);
    }

    /// <summary>Peak signal-to-noise ratio of 8-bit images at least <paramref name="bar"/> dB.</summary>
    public static void Psnr(string group, string where, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, double bar)
    {
        double psnr = TestPictures.Psnr(expected, actual);
        // Kept as a distance below the bar, so that larger is worse in every row.
        s_largest.AddOrUpdate(group + " (PSNR, dB)", (-psnr, -bar, where), (_, old) => -psnr > old.Error ? (-psnr, -bar, where) : old);
        Assert.True(psnr >= bar, $"{where}: PSNR {psnr:F1} dB is below {bar} dB.");
    }

    private static void Check(string group, string measure, string where, double error, double bar)
    {
        s_largest.AddOrUpdate($"{group} ({measure})", (error, bar, where), (_, old) => error > old.Error ? (error, bar, where) : old);
        Assert.True(error <= bar, $"{where}: {measure} error {error:G4} is above {bar:G4}.");
    }

    private static void WriteReport()
    {
        string folder = Path.Combine(GoldenJson.RepositoryRoot, "artifacts");
        Directory.CreateDirectory(folder);
        IEnumerable<string> rows = s_largest.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => string.Create(CultureInfo.InvariantCulture,
            $"| {r.Key} | {Math.Abs(r.Value.Error):G3} | {Math.Abs(r.Value.Bar):G3} | {r.Value.Where} |"));
        string name = OperatingSystem.IsWindows() ? "golden-windows.md" : Environment.GetEnvironmentVariable("GGML_VK_DISABLE_F16") is null ? "golden.md" : "golden-f32-kernels.md";
        File.WriteAllLines(Path.Combine(folder, name), ["| group | largest error | bar | where |", "|---|---|---|---|", .. rows]);
    }
}
