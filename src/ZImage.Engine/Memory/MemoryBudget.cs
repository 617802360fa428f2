using System.Globalization;
using System.Text.RegularExpressions;

namespace ZImage.Engine.Memory;

/// <summary>How a memory budget says how much may be used.</summary>
public enum MemoryBudgetKind
{
    /// <summary>What is free, less a margin.</summary>
    Auto,

    /// <summary>So many bytes.</summary>
    Bytes,

    /// <summary>What is free, less so many bytes that stay free.</summary>
    LeaveFree,

    /// <summary>A share of all memory of the device.</summary>
    Share,
}

/// <summary>
/// How much memory of a device a session may use, as a user writes it: <c>12GB</c> or a number of bytes, <c>-1GB</c> to leave so much free,
/// <c>80%</c> of all there is, <c>auto</c> for what is free less a margin. KB, MB, GB and TB are powers of 1024, as in PowerShell.
/// </summary>
public sealed partial record MemoryBudget
{
    // Below it somebody left the unit out; above it no machine has memory.
    private const long Fewest = 1024, Most = 1L << 50;
    private const string Units = "KMGT";

    private MemoryBudget(MemoryBudgetKind kind, long bytes = 0, decimal percent = 0) => (Kind, Bytes, Percent) = (kind, bytes, percent);

    /// <summary>What is free when it is asked for, less the margin.</summary>
    public static MemoryBudget Default { get; } = new(MemoryBudgetKind.Auto);

    public MemoryBudgetKind Kind { get; }

    /// <summary>Bytes to use, or to leave free; 0 for the other kinds.</summary>
    public long Bytes { get; }

    /// <summary>Share of all memory, above 0 and at most 100; 0 for the other kinds.</summary>
    public decimal Percent { get; }

    /// <summary>A number of bytes to use; a negative one to leave so much free, which is how PowerShell reads <c>-1GB</c>.</summary>
    /// <param name="bytes">The number.</param>
    /// <param name="setting">The setting's name for the error.</param>
    /// <exception cref="InvalidMemoryBudgetException">The number is too small or too large to be meant.</exception>
    public static MemoryBudget FromBytes(long bytes, string setting = "VramBudget") => Parse(bytes.ToString(CultureInfo.InvariantCulture), setting);

    /// <summary>Reads what a user wrote; nothing written is <see cref="Default"/>. Case and spaces do not matter.</summary>
    /// <param name="text">The budget.</param>
    /// <param name="setting">The setting's name for the error.</param>
    /// <exception cref="InvalidMemoryBudgetException">The text is no budget.</exception>
    public static MemoryBudget Parse(string? text, string setting = "VramBudget")
    {
        (MemoryBudget? budget, string? reason) = Read(text);
        return budget ?? throw new InvalidMemoryBudgetException(setting, text!, reason!);
    }

    /// <inheritdoc cref="Parse"/>
    /// <returns>Whether the text is a budget.</returns>
    public static bool TryParse(string? text, out MemoryBudget budget)
    {
        MemoryBudget? read = Read(text).Budget;
        budget = read ?? Default;
        return read is not null;
    }

    /// <summary>The bytes that may be used, at least 0.</summary>
    /// <param name="freeBytes">What is free.</param>
    /// <param name="totalBytes">All memory of the device.</param>
    /// <param name="marginBytes">What the default leaves for allocations that are not ours to count.</param>
    public long Resolve(long freeBytes, long totalBytes, long marginBytes) => Kind switch
    {
        MemoryBudgetKind.Bytes => Bytes,
        MemoryBudgetKind.Share => (long)(long.Max(totalBytes, 0) * Percent / 100),
        MemoryBudgetKind.LeaveFree => long.Max(long.Max(freeBytes, 0) - Bytes, 0),
        _ => long.Max(long.Max(freeBytes, 0) - long.Max(marginBytes, 0), 0),
    };

    /// <summary>The shortest text that <see cref="Parse"/> reads as this budget: <c>12GB</c>, <c>-1.5GB</c>, <c>80%</c>, <c>auto</c>.</summary>
    public override string ToString() => Kind switch
    {
        MemoryBudgetKind.Bytes => Text(Bytes),
        MemoryBudgetKind.LeaveFree => "-" + Text(Bytes),
        MemoryBudgetKind.Share => FormattableString.Invariant($"{Percent:0.############################}%"),
        _ => "auto",
    };

    private static string Text(long bytes)
    {
        for (int unit = Units.Length; unit > 0; unit--)
        {
            decimal size = 1L << (10 * unit), number = decimal.Round(bytes / size, 2);
            if (number >= 1 && decimal.Round(number * size) == bytes)
                return FormattableString.Invariant($"{number:0.##}{Units[unit - 1]}B");
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }

    private static (MemoryBudget? Budget, string? Reason) Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Trim().Equals("auto", StringComparison.OrdinalIgnoreCase))
            return (Default, null);
        Match match = Form().Match(text);
        // A number beyond what decimal holds is beyond every limit too.
        if (!match.Success || !decimal.TryParse(match.Groups["number"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
            return (null, match.Success ? "is beyond all memory" : "is neither a size, nor a share, nor auto");

        bool negative = match.Groups["sign"].ValueSpan is "-";
        string unit = match.Groups["unit"].Value.ToUpperInvariant();
        if (unit == "%")
        {
            return negative || number <= 0 || number > 100
                ? (null, "must be a share above 0% and at most 100%")
                : (new MemoryBudget(MemoryBudgetKind.Share, percent: number), null);
        }
        long size = 1L << (10 * (unit.Length == 0 ? 0 : Units.IndexOf(unit[0]) + 1));
        if (number > Most / (decimal)size)
            return (null, "is beyond all memory");
        long bytes = (long)decimal.Round(number * size);
        if (bytes < Fewest)
            return (null, "is less than 1KB: a number without a unit counts bytes");
        return (new MemoryBudget(negative ? MemoryBudgetKind.LeaveFree : MemoryBudgetKind.Bytes, bytes), null);
    }

    [GeneratedRegex(@"^\s*(?<sign>[+-]?)\s*(?<number>([0-9]+(\.[0-9]*)?|\.[0-9]+)(E[+-]?[0-9]+)?)\s*(?<unit>%|[KMGT]I?B?|B|)\s*$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
