using System.Text;
using ZImage.Engine.Imaging;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Imaging;

/// <summary>Texts of parameters as many programs write them, and texts made to be misread.</summary>
[Trait(Wine.Trait, "Any")]
public sealed class GenerationParametersParseTests
{
    [Fact]
    public void PromptsAndSettingsAreTakenApart()
    {
        GenerationParameters read = GenerationParameters.Parse("a cat,\non a mat \nNegative prompt: blurry,\nbad hands\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 7, Size: 512x768");

        Assert.Equal("a cat,\non a mat ", read.Prompt);
        Assert.Equal("blurry,\nbad hands", read.NegativePrompt);
        Assert.Equal([new("Steps", "20"), new("Sampler", "DPM++ 2M"), new("Schedule type", "Karras"), new("CFG scale", "6.5"), new("Seed", "7"), new("Size", "512x768")], read.Settings);
    }

    [Theory]
    [InlineData("a cat\nSteps: 9, Seed: 1", "a cat", null, 2)]
    [InlineData("Steps: 9, Seed: 1", "", null, 2)]
    [InlineData("\nSteps: 9, Seed: 1", "", null, 2)]
    [InlineData("Negative prompt: x\nSteps: 9", "", "x", 1)]
    [InlineData("a cat\nNegative prompt: \nSteps: 9", "a cat", null, 1)]
    [InlineData("a cat\nNegative prompt:\nSteps: 9", "a cat", null, 1)]
    [InlineData("a cat\nNegative Prompt: x\nSteps: 9", "a cat", "x", 1)]
    [InlineData("a cat\nNegative prompt: x", "a cat", "x", 0)]
    [InlineData("a cat", "a cat", null, 0)]
    [InlineData("a cat\n", "a cat\n", null, 0)]
    [InlineData("", "", null, 0)]
    [InlineData("a cat\r\non a mat\r\nNegative prompt: x\r\ny\r\nSteps: 9, Seed: 1\r\n", "a cat\non a mat", "x\ny", 2)]
    [InlineData("a cat\r\non a mat\nSteps: 9", "a cat\r\non a mat", null, 1)]
    [InlineData("a cat\nSteps: 9, Seed: 1\n\n", "a cat", null, 2)]
    [InlineData("Steps: 3, Seed: 4\nNegative prompt: Seed: 5\nSteps: 9", "Steps: 3, Seed: 4", "Seed: 5", 1)]
    [InlineData("a list:\nSteps: wash, peel, cook", "a list:\nSteps: wash, peel, cook", null, 0)]
    [InlineData("a cat\nStyle: oil, Light: soft, Mood: calm", "a cat\nStyle: oil, Light: soft, Mood: calm", null, 0)]
    public void PartsMayBeMissing(string text, string prompt, string? negative, int settings)
    {
        GenerationParameters read = GenerationParameters.Parse(text);

        Assert.Equal((prompt, negative, settings), (read.Prompt, read.NegativePrompt, read.Settings.Count));
    }

    [Theory]
    [InlineData("Model: \"a, b: \\\"c\\\"\", Seed: 1", "a, b: \"c\"")]
    [InlineData("Model: \"broken, Seed: 1", "\"broken")]
    [InlineData("Model: \"big\" one, Seed: 1", "\"big\" one")]
    [InlineData("Model: \"bad \\x escape\", Seed: 1", "\"bad \\x escape\"")]
    [InlineData("Model: [1, 2, ], Seed: 1", "[1, 2, ]")]
    [InlineData("Model: {\"a\": \"x, Seed: 2\", \"b\": [1, {\"c\": \"}\"}]}, Seed: 1", "{\"a\": \"x, Seed: 2\", \"b\": [1, {\"c\": \"}\"}]}")]
    [InlineData("Model: [never, closed, Seed: 1", "[never, closed")]
    [InlineData("Model: {\"Seed: 1", "{\"Seed: 1")]
    [InlineData("Model: a, b c, Seed: 1", "a, b c")]
    [InlineData("Model: , Seed: 1", "")]
    [InlineData("Model:x,Seed:1", "x")]
    [InlineData("Model: 2026-01-02T03:04:05Z, 12:30, Seed: 1", "2026-01-02T03:04:05Z, 12:30")]
    [InlineData("Model: x, Seed: 1,", "x")]
    public void ValuesOfAnyFormAreKept(string line, string value)
    {
        GenerationParameters read = GenerationParameters.Parse("p\nSteps: 9, " + line);

        Assert.Equal(("Model", value), (read.Settings[1].Key, read.Settings[1].Value));
        Assert.Equal(line.EndsWith("{\"Seed: 1", StringComparison.Ordinal) ? 2 : 3, read.Settings.Count);
    }

    [Fact]
    public void UnknownAndRepeatedNamesAreKeptInOrder()
        => Assert.Equal(
            [new("Steps", "9"), new("TE", "a.gguf"), new("Hires CFG Scale", "2"), new("TE", "b.gguf"), new("Größe/2", "x")],
            GenerationParameters.Parse("p\nSteps: 9, TE: a.gguf, Hires CFG Scale: 2, TE: b.gguf, Größe/2: x").Settings);

    [Fact]
    public void AnyTextComesBackToTheLetter()
    {
        string[] pieces =
        [
            "a cat", "猫", "🐱", "é", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", ",", ", ", ":", "\"", "\\", "{", "}", "[", "]", "\u2028", "\u00A0", "\u3000",
            "Steps: 3", "Seed: 4, Size: 5x5", "\nSteps: 3", "\nSteps: 3, Seed: 4\n", "Negative prompt: x", "\nNegative prompt: ", "\nNegative prompt:", "negative prompt: ",
            "Prompt length: 5", "\nPrompt length: 0", ", Prompt length: 3", "{\"sui_image_params\": {}}",
        ];
        var random = new Random(7);
        string Any(int most) => string.Concat(Enumerable.Range(0, random.Next(most + 1)).Select(_ => pieces[random.Next(pieces.Length)]));
        for (int round = 0; round < 50000; round++)
        {
            KeyValuePair<string, string>[] settings = random.Next(4) == 0 ? []
                : [new("Steps", "9"), new("Model", Any(4)), new("Seed", "42"), new("Text", Any(3)), .. random.Next(2) == 0 ? [new("Last", Any(2))] : Array.Empty<KeyValuePair<string, string>>()];
            var written = new GenerationParameters(Any(6), random.Next(2) == 0 ? null : Any(6), settings);

            GenerationParameters read = GenerationParameters.Parse(written.ToString());
            Assert.Equal(written.Prompt, read.Prompt);
            Assert.Equal(written.NegativePrompt ?? "", read.NegativePrompt ?? "");
            Assert.Equal(written.Settings, read.Settings);
        }
    }

    [Fact]
    public void APlainPromptIsWrittenWithoutItsLength()
    {
        KeyValuePair<string, string>[] settings = [new("Steps", "9")];

        Assert.Equal("a: cat,\nSteps: 3\nSteps: 9", new GenerationParameters("a: cat,\nSteps: 3", null, settings).ToString());
        Assert.Equal("a\nNegative prompt: b\nSteps: 9, Prompt length: 20", new GenerationParameters("a\nNegative prompt: b", null, settings).ToString());
        Assert.Equal("a\nSteps: 3\nPrompt length: 10", new GenerationParameters("a\nSteps: 3", null, []).ToString());
    }

    [Theory]
    [InlineData("a cat\nSteps: 9, Prompt length: 99", "a cat")]
    [InlineData("a cat\nSteps: 9, Prompt length: 2", "a cat")]
    [InlineData("a cat\nPrompt length: 99999999999999999999", "a cat")]
    public void ALengthThatLeadsNowhereIsASettingLikeOthers(string text, string prompt)
    {
        GenerationParameters read = GenerationParameters.Parse(text);

        Assert.Equal(prompt, read.Prompt);
        Assert.Equal("Prompt length", read.Settings[^1].Key);
    }

    // Each takes milliseconds where the time grows with the length, and minutes where it grows with its square.
    [Theory]
    [InlineData(",a:[")]
    [InlineData(",a:\"")]
    [InlineData(",a:\"\\")]
    [InlineData(",a:\"x\"y")]
    [InlineData(",a:[]x")]
    [InlineData(", a")]
    [InlineData(",")]
    [InlineData("{")]
    [InlineData("a ")]
    [InlineData("\n")]
    [InlineData("\nNegative prompt:")]
    [InlineData("\r\n")]
    public void LongTextsAreReadAtOnce(string piece)
    {
        GenerationParameters read = GenerationParameters.Parse(new StringBuilder("p\nSteps: 9").Insert(10, piece, 300_000).Append(", Seed: 1").ToString());
        GenerationParameters again = GenerationParameters.Parse(read.ToString());

        Assert.Equal((read.Prompt, read.NegativePrompt), (again.Prompt, again.NegativePrompt));
        Assert.Equal(read.Settings, again.Settings);
    }
}
