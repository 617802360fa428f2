using System.Globalization;
using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging;

public sealed class FileNameTemplateTests
{
    private static readonly FileNameValues s_values = new()
    {
        Seed = 42,
        Index = 7,
        Prompt = "a red cat",
        Width = 1024,
        Height = 768,
        Steps = 9,
        Time = new DateTime(2026, 3, 5, 14, 7, 9, DateTimeKind.Local),
        Model = "z-image-turbo",
    };

    [Theory]
    [InlineData("cat.png", "cat.png")]
    [InlineData("./out/{seed}.png", "./out/42.png")]
    [InlineData("{seed}-{index:000}.png", "42-007.png")]
    [InlineData("{SEED}_{Index:D2}", "42_07")]
    [InlineData("{prompt} {width}x{height}, {steps} steps, {model}.jpg", "a red cat 1024x768, 9 steps, z-image-turbo.jpg")]
    [InlineData("{date}/{time}.png", "2026-03-05/14-07-09.png")]
    [InlineData("{date:yyyyMMdd}-{time:HHmm}.png", "20260305-1407.png")]
    [InlineData("{time:HH:mm}", "14_07")]
    [InlineData("{seed:X4}", "002A")]
    [InlineData("{prompt:5}.png", "a red.png")]
    [InlineData("{{seed}}-{seed}{{}}", "{seed}-42{}")]
    [InlineData("{seed}{index}", "427")]
    [InlineData("", "")]
    public void FieldsAreFilled(string template, string expected) => Assert.Equal(expected, FileNameTemplate.Parse(template).Format(s_values));

    [Theory]
    [InlineData("a/b\\c:d*e?f\"g<h>i|j", "a_b_c_d_e_f_g_h_i_j")]
    [InlineData("  two  spaces\nand a\tline ", "two spaces and a line")]
    [InlineData("../../etc/passwd", "_.._etc_passwd")]
    [InlineData("...", "_")]
    [InlineData("", "_")]
    [InlineData(".hidden.", "hidden")]
    [InlineData("CON", "CON_")]
    [InlineData("nul.txt", "nul.txt_")]
    [InlineData("com1", "com1_")]
    [InlineData("company", "company")]
    [InlineData("bell\u0007", "bell_")]
    [InlineData("{seed}", "{seed}")]
    [InlineData("一只猫 🐱", "一只猫 🐱")]
    public void ValuesBecomeNamesOnEverySystem(string prompt, string expected)
        => Assert.Equal(expected, FileNameTemplate.Parse("{prompt}").Format(s_values with { Prompt = prompt }));

    [Fact]
    public void LongPromptsAreCutBetweenCharacters()
    {
        string name = FileNameTemplate.Parse("{prompt}").Format(s_values with { Prompt = new string('x', 59) + "🐱" + new string('y', 500) });

        Assert.Equal(new string('x', 59), name);
        Assert.Equal(120, FileNameTemplate.Parse("{prompt:120}").Format(s_values with { Prompt = new string('z', 500) }).Length);
    }

    [Fact]
    public void TheCultureOfTheSystemDoesNotShow()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("ar-SA");
            Assert.Equal("2026-03-05 -42", FileNameTemplate.Parse("{date} {seed}").Format(s_values with { Seed = -42 }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("{sed}.png", "{sed}")]
    [InlineData("{}.png", "{}")]
    [InlineData("{ seed }", "{ seed }")]
    [InlineData("{seed", "'{'")]
    [InlineData("seed}", "'}'")]
    [InlineData("{index:Q}", "'Q'")]
    [InlineData("{prompt:many}", "'many'")]
    [InlineData("{prompt:0}", "'0'")]
    public void MistakesAreFaultsThatListTheFields(string template, string named)
    {
        FileNameTemplateInvalidException fault = Assert.Throws<FileNameTemplateInvalidException>(() => FileNameTemplate.Parse(template));

        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Equal(template, fault.Target);
        Assert.Equal(["seed", "index", "prompt", "width", "height", "steps", "date", "time", "model"], FileNameTemplate.KnownFields);
        Assert.All(FileNameTemplate.KnownFields, field => Assert.Contains($"{{{field}}}", fault.RecommendedAction, StringComparison.Ordinal));
    }

    [Fact]
    public void TheUsedFieldsAreKnown() => Assert.Equal(["seed", "index"], FileNameTemplate.Parse("{seed}-{index:000}-{Seed}.png").Fields);
}
