using System.Text.Json;
using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging;

public sealed class GenerationParametersTests
{
    [Fact]
    public void TheTextHasPromptNegativePromptAndSettings()
    {
        var parameters = new GenerationParameters("a cat", "blurry, dark",
            [new("Steps", "9"), new("Sampler", "euler"), new("Schedule type", "smoothstep"), new("CFG scale", "1"), new("Seed", "42"), new("Size", "1024x1024")]);

        Assert.Equal("a cat\nNegative prompt: blurry, dark\nSteps: 9, Sampler: euler, Schedule type: smoothstep, CFG scale: 1, Seed: 42, Size: 1024x1024", parameters.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void WithoutANegativePromptThereIsNoLineForIt(string? negative)
        => Assert.Equal("two\nlines\nSteps: 9", new GenerationParameters("two\nlines", negative, [new("Steps", "9")]).ToString());

    [Theory]
    [InlineData("plain name.gguf", "plain name.gguf")]
    [InlineData("one, two", "\"one, two\"")]
    [InlineData("C: drive", "\"C: drive\"")]
    [InlineData("two\nlines", "\"two\\nlines\"")]
    [InlineData("say \"a, b\"", "\"say \\\"a, b\\\"\"")]
    [InlineData("\"quoted\"", "\"\\\"quoted\\\"\"")]
    [InlineData("猫, é", "\"猫, é\"")]
    public void ValuesThatCouldBeMistakenAreQuoted(string value, string expected)
    {
        string text = new GenerationParameters("p", null, [new("Model", value), new("Seed", "1")]).ToString();

        Assert.Equal($"p\nModel: {expected}, Seed: 1", text);
        if (expected.StartsWith('"'))
            Assert.Equal(value, JsonSerializer.Deserialize<string>(expected));
    }
}
