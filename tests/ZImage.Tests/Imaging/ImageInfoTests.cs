using System.Text;
using ZImage.Engine.Generation;
using ZImage.Engine.Imaging;
using ZImage.Engine.Sampling.Noise;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Imaging;

/// <summary>What image files of many programs give New-ZImage.</summary>
public sealed class ImageInfoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OurOwnTextGivesEverySetting()
    {
        ImageInfo info = Read("a cat\nNegative prompt: bad\nSteps: 9, Sampler: heun, Schedule type: simple, CFG scale: 2.5, Shift: 3.25, Seed: 42, Size: 96x48, Eta: 0.5, "
            + "RNG: cpu, Sigmas: \"1, 0.5, 0\", Model hash: 0123456789, Model: z-image, Text encoder hash: abcdef0123, VAE hash: 9876543210, Pixel hash: ab12, Version: ZImage 0.1.0");

        Assert.Equal(("a cat", "bad"), (info.Prompt, info.NegativePrompt));
        Assert.Equal((96, 48, 9, 42L), (info.Width, info.Height, info.Steps, info.Seed));
        Assert.Equal(("heun", "simple"), (info.Sampler, info.Scheduler));
        Assert.Equal((2.5f, 3.25f, 0.5f), (info.CfgScale, info.Shift, info.Eta));
        Assert.Equal(NoiseGenerator.Cpu, info.Rng);
        Assert.Equal([1f, 0.5f, 0f], info.Sigmas!);
        Assert.Equal(new ModelIdentity("z-image", "0123456789", "abcdef0123", "9876543210"), info.Model);
        Assert.Equal(("ab12", "ZImage 0.1.0"), (info.PixelHash, info.Software));
        Assert.Equal((ImageFormat.Png, 8, 8), (info.Format, info.PixelWidth, info.PixelHeight));
        Assert.Equal(new FileInfo(info.Path).Length, info.Bytes);
        Assert.Equal("9876543210", info.Settings["vae HASH"]);
        Assert.Empty(info.Warnings);
    }

    [Fact]
    public void AUTOMATIC1111AndForge()
    {
        ImageInfo info = Read("red fox\nNegative prompt: blurry\nSteps: 12, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Shift: 9, Seed: 3000000001, Size: 832x1216, "
            + "Model hash: 1f2e3d4c5b, Model: zit_bf16, Lora hashes: \"sketch: 0a1b2c3d4e5f, tint: 112233445566\", Distilled CFG Scale: 3.5, RNG: NV, Version: v1.10.1");

        Assert.Equal(("euler", "simple", 9f, 1f, NoiseGenerator.Cuda, 3000000001L), (info.Sampler, info.Scheduler, info.Shift, info.CfgScale, info.Rng, info.Seed));
        Assert.Equal("sketch: 0a1b2c3d4e5f, tint: 112233445566", info.Settings["Lora hashes"]);
        Assert.Equal("3.5", info.Settings["Distilled CFG Scale"]);
        Assert.Equal(new ModelIdentity("zit_bf16", "1f2e3d4c5b", "", ""), info.Model);
        Assert.Empty(info.Warnings);
    }

    [Fact]
    public void StableDiffusionCpp()
    {
        ImageInfo info = Read("红狐狸\nSteps: 8, CFG scale: 1.000000, SLG scale: 2.5, Skip layers: [7, 8, ], Guidance: 3.500000, Eta: inf, Seed: 42, Size: 512x512, Model: , RNG: cuda, Sampler: euler simple, "
            + "TE: qwen3.gguf, Unet: z-q8.gguf, VAE: ae.safetensors, Version: stable-diffusion.cpp, SDCPP: {\"prompt\":{\"positive\":\"x, Seed: 7, Steps: 99\"},\"seed\":42}");

        Assert.Equal(("红狐狸", 8, 42L, 1f), (info.Prompt, info.Steps, info.Seed, info.CfgScale));
        Assert.Equal(("euler", "simple", NoiseGenerator.Cuda), (info.Sampler, info.Scheduler, info.Rng));
        Assert.Null(info.Eta);
        Assert.Equal("z-q8.gguf", info.Model!.Name);
        Assert.StartsWith("{\"prompt\":", info.Settings["SDCPP"], StringComparison.Ordinal);
        Assert.Empty(info.Warnings);
        Assert.Equal([1f, 0.75f, 0f], Read("p\nSteps: 2, Sampler: euler, Custom Sigmas: [1.0000, 0.7500, 0.0000], Seed: 1").Sigmas!);
    }

    [Fact]
    public void SDNext()
    {
        ImageInfo info = Read("red fox\nNegative prompt: \nSteps: 8, Size: 1024x1024, Sampler: Euler, Seed: 5, CFG scale: 1.0, App: SD.Next, Version: 0a1b2c3, Pipeline: ZImagePipeline, Sampler shift: 4, Operations: txt2img");

        Assert.Equal(("SD.Next 0a1b2c3", 4f, (string?)null), (info.Software, info.Shift, info.NegativePrompt));
    }

    [Fact]
    public void SaversOfComfyUI()
    {
        ImageInfo info = Read("red fox\nNegative prompt: dull\nSteps: 9, Sampler: euler, Scheduler: simple, CFG Scale: 1.5, Seed: 18446744073709551615, Size: 640x480, Model: zit, Version: ComfyUI",
            ("workflow", "{\"nodes\":[]}"), ("prompt", "{}"));

        Assert.Equal(("euler", "simple", 1.5f, -1L), (info.Sampler, info.Scheduler, info.CfgScale, info.Seed));
        Assert.Equal("{\"nodes\":[]}", info.Texts["workflow"]);
        Assert.Empty(info.Warnings);
    }

    [Theory]
    [InlineData("Sampler: DPM++ 2M Karras", "dpm++2m", "karras")]
    [InlineData("Sampler: DPM++ 2M, Schedule type: Karras", "dpm++2m", "karras")]
    [InlineData("Sampler: Euler a", "euler_a", null)]
    [InlineData("Sampler: dpmpp_2m_karras", "dpm++2m", "karras")]
    [InlineData("Sampler: dpm++2m karras", "dpm++2m", "karras")]
    [InlineData("Sampler: Euler Simple, Schedule type: Karras", "euler", "karras")]
    public void NamesOfOtherProgramsBecomeOurs(string settings, string sampler, string? scheduler)
    {
        ImageInfo info = Read("p\nSteps: 9, " + settings);

        Assert.Equal((sampler, scheduler), (info.Sampler, info.Scheduler));
        Assert.Empty(info.Warnings);
    }

    [Theory]
    [InlineData("Sampler: Euler AYS", "euler", "'Euler AYS'")]
    [InlineData("Sampler: Euler, Schedule type: Automatic", "euler", "'Automatic'")]
    public void ASchedulerThatIsNotHereIsNamed(string settings, string sampler, string named)
    {
        ImageInfo info = Read("p\nSteps: 9, " + settings);

        Assert.Equal((sampler, (string?)null), (info.Sampler, info.Scheduler));
        Assert.Contains($"scheduler {named}", Assert.Single(info.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void JpegAndWebPFilesAreReadToo()
    {
        foreach ((string name, ImageFormat format) in ((string, ImageFormat)[])[("a.jpg", ImageFormat.Jpeg), ("a.webp", ImageFormat.WebP), ("jpeg named.png", ImageFormat.Jpeg)])
        {
            ImageInfo info = ImageInfo.Read(_folder.Write(name, ImageFile.Encode(TestPictures.Noise(24, 16), format, metadata: new ImageMetadata { Parameters = "猫\nSteps: 9" })));
            Assert.Equal((format, 24, 16, "猫", 9), (info.Format, info.PixelWidth, info.PixelHeight, info.Prompt, info.Steps));
        }
    }

    [Theory]
    [InlineData("workflow", "{}", "ComfyUI (workflow)")]
    [InlineData("prompt", "{}", "ComfyUI (prompt)")]
    [InlineData("invokeai_metadata", "{}", "InvokeAI (invokeai_metadata)")]
    [InlineData("Software", "NovelAI", "NovelAI (Software)")]
    [InlineData("parameters", " {\"sui_image_params\": {\"prompt\": \"x\\nSteps: 3\"}}", "JSON")]
    public void TextsOfOtherFormsAreNamedAndNotGuessedFrom(string keyword, string text, string named)
    {
        ImageInfo info = Read(null, (keyword, text));

        Assert.Contains(named, Assert.Single(info.Warnings), StringComparison.Ordinal);
        Assert.Equal(text, info.Texts[keyword]);
        Assert.Null(info.Prompt);
        Assert.Empty(info.Settings);
    }

    [Theory]
    [InlineData("Sampler", "Foo 3M", "sampler 'Foo 3M'")]
    [InlineData("Schedule type", "Bar", "scheduler 'Bar'")]
    [InlineData("RNG", "dice", "random generator 'dice'")]
    [InlineData("Steps", "few", "'Steps: few'")]
    [InlineData("Steps", "99999999999", "'Steps: 99999999999'")]
    [InlineData("Seed", "1e5", "'Seed: 1e5'")]
    [InlineData("Size", "large", "'Size: large'")]
    [InlineData("CFG scale", "nan", "'CFG scale: nan'")]
    [InlineData("Shift", "3 or so", "'Shift: 3 or so'")]
    [InlineData("Sigmas", "[1, x]", "'Sigmas: [1, x]'")]
    public void WhatIsNotUnderstoodIsNamedAndLeftOut(string name, string value, string named)
    {
        ImageInfo info = Read($"p\n{name}: {value}, {(name == "Seed" ? "Steps: 9" : "Seed: 1")}");

        Assert.Contains(named, Assert.Single(info.Warnings), StringComparison.Ordinal);
        Assert.Equal(value, info.Settings[name]);
        Assert.True(info is { Sampler: null, Scheduler: null, Rng: null, Width: null, Shift: null, CfgScale: null, Sigmas: null });
        Assert.True(name == "Seed" ? info is { Seed: null, Steps: 9 } : info is { Seed: 1, Steps: null });
    }

    [Fact]
    public void ABareImageSaysNothing()
    {
        ImageInfo info = Read(null, ("Software", "a paint program"));

        Assert.True(info is { Prompt: null, NegativePrompt: null, Width: null, Height: null, Steps: null, Seed: null, Model: null, PixelHash: null, Software: null, Parameters: null, Eta: null });
        Assert.Empty(info.Warnings);
        Assert.Equal(8, info.PixelWidth);
    }

    [Fact]
    public void APromptAloneHasNoSettings()
    {
        ImageInfo info = Read("{a red} fox");

        Assert.Equal(("{a red} fox", 0), (info.Prompt, info.Settings.Count));
        Assert.Empty(info.Warnings);
    }

    [Fact]
    public void ADamagedFileGivesWhatItHas()
    {
        byte[] file = ImageFile.Encode(TestPictures.Noise(64, 64), ImageFormat.Png, metadata: new ImageMetadata { Parameters = "a cat\nSteps: 9" });
        ImageInfo info = ImageInfo.Read(_folder.Write("half.png", file[..(file.Length / 2)]));

        Assert.Equal(("a cat", 9, 64), (info.Prompt, info.Steps, info.PixelWidth));
        Assert.Contains("damaged", Assert.Single(info.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void FilesThatAreNoImagesAreFaults()
    {
        Dictionary<string, string> reasons = new()
        {
            [_folder.Write("text.png", "hello"u8.ToArray())] = "no PNG, JPEG or WebP",
            [_folder.Write("a.gif", Encoding.ASCII.GetBytes("GIF89a" + new string('\0', 40)))] = "no PNG, JPEG or WebP",
            [_folder.Write("empty.png", [])] = "empty",
            [_folder.Write("signature.png", PngChunks.Signature.ToArray())] = "head",
            [_folder.Write("short.jpg", [0xFF, 0xD8, 0xFF, 0xE0])] = "head",
            [_folder.Write("short.webp", [.. "RIFF"u8, 0xFF, 0xFF, 0xFF, 0x7F, .. "WEBPVP8X"u8])] = "head",
            [_folder.Path] = "folder",
            [TooLong()] = "600 MiB",
        };
        foreach ((string path, string reason) in reasons)
        {
            ImageFileUnreadableException fault = Assert.Throws<ImageFileUnreadableException>(() => ImageInfo.Read(path));
            Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
            Assert.Equal(path, fault.Target);
        }
        Assert.Throws<ImageFileNotFoundException>(() => ImageInfo.Read(_folder["no.png"]));
    }

    [Fact]
    public void AModelFitsByTheFirstDigitsOfAllItsFingerprints()
    {
        var whole = new ModelIdentity("a", "0123456789ab", "ABCDEF012345", "987654321000");

        Assert.True(whole.Fits(whole));
        Assert.True(new ModelIdentity("renamed", "0123456789", "abcdef0123", "9876543210").Fits(whole));
        Assert.False(new ModelIdentity("a", "0123456789", "abcdef0123", "").Fits(whole));
        Assert.False(new ModelIdentity("a", "0123456788", "abcdef0123", "9876543210").Fits(whole));
    }

    private ImageInfo Read(string? parameters, params (string Keyword, string Text)[] others)
    {
        var metadata = new ImageMetadata { Parameters = parameters };
        foreach ((string keyword, string text) in others)
            metadata[keyword] = text;
        return ImageInfo.Read(_folder.Write("a.png", ImageFile.Encode(TestPictures.Noise(8, 8), ImageFormat.Png, metadata: metadata)));
    }

    // A length without contents takes no room on the drive.
    private string TooLong()
    {
        using var file = new FileStream(_folder["long.png"], FileMode.Create);
        file.SetLength(600L << 20);
        return file.Name;
    }
}
