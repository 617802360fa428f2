using System.Globalization;
using ZImage.Engine.Memory;

namespace ZImage.Tests.Memory;

public class MemoryBudgetTests
{
    private const long GiB = 1L << 30, MiB = 1L << 20;

    [Theory]
    [InlineData("12GB", 12 * GiB)]
    [InlineData("8.5GB", 17 * GiB / 2)]
    [InlineData("900MB", 900 * MiB)]
    [InlineData("8GiB", 8 * GiB)]
    [InlineData("8g", 8 * GiB)]
    [InlineData(" 12 gb ", 12 * GiB)]
    [InlineData("+12\tGIB", 12 * GiB)]
    [InlineData("300KB", 300 * 1024)]
    [InlineData("1kib", 1024)]
    [InlineData("1.5TB", 1536 * GiB)]
    [InlineData("1TiB", 1024 * GiB)]
    [InlineData(".5GB", GiB / 2)]
    [InlineData("12884901888", 12 * GiB)]
    [InlineData("12884901888 B", 12 * GiB)]
    [InlineData("1E+10", 10_000_000_000)]
    [InlineData("8.3GB", 8912057139)]
    [InlineData("1024TB", 1L << 50)]
    public void Sizes(string text, long bytes) => AssertRead(text, MemoryBudgetKind.Bytes, bytes, 0);

    [Theory]
    [InlineData("-1GB", GiB)]
    [InlineData("- 1.5 gb", 3 * GiB / 2)]
    [InlineData("-1073741824", GiB)]
    [InlineData("-512MiB", 512 * MiB)]
    public void What_is_left_free(string text, long bytes) => AssertRead(text, MemoryBudgetKind.LeaveFree, bytes, 0);

    [Theory]
    [InlineData("80%", 80)]
    [InlineData(" 12.5 % ", 12.5)]
    [InlineData("100%", 100)]
    [InlineData("0.1%", 0.1)]
    public void Shares(string text, double percent) => AssertRead(text, MemoryBudgetKind.Share, 0, (decimal)percent);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("auto")]
    [InlineData(" AUTO ")]
    public void The_default(string? text)
    {
        AssertRead(text, MemoryBudgetKind.Auto, 0, 0);
        Assert.Equal(MemoryBudget.Default, MemoryBudget.Parse(text));
    }

    [Theory]
    [InlineData("0%", "above 0%")]
    [InlineData("101%", "at most 100%")]
    [InlineData("-20%", "above 0%")]
    [InlineData("0", "less than 1KB")]
    [InlineData("-0", "less than 1KB")]
    [InlineData("0GB", "less than 1KB")]
    [InlineData("12", "without a unit counts bytes")]
    [InlineData("-1", "without a unit counts bytes")]
    [InlineData("1023", "less than 1KB")]
    [InlineData("1E-400", "less than 1KB")]
    [InlineData("1025TB", "beyond all memory")]
    [InlineData("9223372036854775807", "beyond all memory")]
    [InlineData("-9223372036854775808", "beyond all memory")]
    [InlineData("99999999999999999999999999999999999999", "beyond all memory")]
    [InlineData("1E400GB", "beyond all memory")]
    [InlineData("8,5GB", "neither a size")]
    [InlineData("1 2GB", "neither a size")]
    [InlineData("12XB", "neither a size")]
    [InlineData("12EB", "neither a size")]
    [InlineData("GB", "neither a size")]
    [InlineData("-", "neither a size")]
    [InlineData("%", "neither a size")]
    [InlineData("NaN", "neither a size")]
    [InlineData("∞", "neither a size")]
    [InlineData("--1GB", "neither a size")]
    [InlineData("1GB 2GB", "neither a size")]
    [InlineData("١٢GB", "neither a size")]
    [InlineData("all", "neither a size")]
    public void What_is_no_budget(string text, string reason)
    {
        Assert.False(MemoryBudget.TryParse(text, out MemoryBudget budget));
        Assert.Equal(MemoryBudget.Default, budget);
        var fault = Assert.Throws<InvalidMemoryBudgetException>(() => MemoryBudget.Parse(text, "RamBudget"));
        Assert.Equal(("InvalidMemoryBudget", text), (fault.ErrorId, fault.Target));
        Assert.StartsWith($"RamBudget is '{text}': it ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.StartsWith("Give RamBudget as ", fault.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("12884901888", "12GB")]
    [InlineData("8.5gib", "8.5GB")]
    [InlineData("900MB", "900MB")]
    [InlineData("1536GB", "1.5TB")]
    [InlineData("8.3GB", "8.3GB")]
    [InlineData("- 1 GB", "-1GB")]
    [InlineData("80.0 %", "80%")]
    [InlineData("12.5%", "12.5%")]
    [InlineData("12884901889", "12884901889")]
    [InlineData("", "auto")]
    public void As_text(string text, string expected) => Assert.Equal(expected, MemoryBudget.Parse(text).ToString());

    [Fact]
    public void Text_reads_back_as_the_same_budget()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            long bytes = random.NextInt64(1024, 1L << random.Next(11, 51));
            foreach (long number in (long[])[bytes, -bytes])
            {
                MemoryBudget budget = MemoryBudget.FromBytes(number);
                Assert.Equal((number > 0 ? MemoryBudgetKind.Bytes : MemoryBudgetKind.LeaveFree, bytes), (budget.Kind, budget.Bytes));
                Assert.Equal(budget, MemoryBudget.Parse(budget.ToString()));
            }
            MemoryBudget share = MemoryBudget.Parse(FormattableString.Invariant($"{1 - random.NextDouble():R}%"));
            Assert.Equal(share, MemoryBudget.Parse(share.ToString()));
        }
    }

    [Fact]
    public void The_culture_does_not_matter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            // Turkish has another upper case of i, German another decimal point.
            foreach (string name in (string[])["tr-TR", "de-DE"])
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(name);
                Assert.Equal("8.5GB", MemoryBudget.Parse("8.5gib").ToString());
                Assert.Equal("12.5%", MemoryBudget.Parse("12.5%").ToString());
                Assert.False(MemoryBudget.TryParse("8,5GB", out _));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("auto", 10, 12, 1, 9)]
    [InlineData("auto", 1, 12, 2, 0)]
    [InlineData("auto", -5, 12, 1, 0)]
    [InlineData("auto", 10, 12, -1, 10)]
    [InlineData("-4GB", 10, 12, 1, 6)]
    [InlineData("-4GB", 3, 12, 1, 0)]
    [InlineData("-4GB", -3, 12, 1, 0)]
    [InlineData("50%", 1, 12, 1, 6)]
    [InlineData("100%", 1, 12, 1, 12)]
    [InlineData("50%", 1, -12, 1, 0)]
    [InlineData("8GB", 1, 4, 1, 8)]
    public void Resolved(string text, long free, long total, long margin, long expected)
        => Assert.Equal(expected * GiB, MemoryBudget.Parse(text).Resolve(free * GiB, total * GiB, margin * GiB));

    [Theory]
    [InlineData("auto")]
    [InlineData("-1024TB")]
    [InlineData("100%")]
    public void Extreme_numbers_resolve(string text)
    {
        long[] numbers = [long.MinValue, -1, 0, 1, long.MaxValue];
        foreach (long free in numbers)
        {
            foreach (long total in numbers)
                Assert.All(numbers, margin => Assert.InRange(MemoryBudget.Parse(text).Resolve(free, total, margin), 0, long.MaxValue));
        }
    }

    private static void AssertRead(string? text, MemoryBudgetKind kind, long bytes, decimal percent)
    {
        Assert.True(MemoryBudget.TryParse(text, out MemoryBudget budget));
        Assert.Equal((kind, bytes, percent), (budget.Kind, budget.Bytes, budget.Percent));
        Assert.Equal(budget, MemoryBudget.Parse(text));
    }
}
