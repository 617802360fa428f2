using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;
using ZImage.Ggml;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Checkpoints;

/// <summary>A model file that changes while the model is imported: an error that says so, and a process that lives on.</summary>
public sealed class ModelFileChangedTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Changes => new()
    {
        { "deleted", "deleted or moved" },
        { "moved", "deleted or moved" },
        { "replaced", "another file" },
        { "touched", "written to" },
        { "cut", "bytes now" },
        { "lengthened", "bytes now" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void BetweenTwoImages(string change, string said)
    {
        using ModelSession session = Open();
        Draw(session);

        if (OperatingSystem.IsWindows())
        {
            // The system says no to whoever wants the change, and the session goes on.
            Assert.SkipWhen(Wine.IsRunning && change == "touched", "Wine sets the time of a file that is open elsewhere.");
            Exception refused = Assert.ThrowsAny<Exception>(() => Change(session.Files.Diffusion, change));
            Assert.True(refused is IOException or UnauthorizedAccessException, refused.ToString());
            Draw(session);
            return;
        }
        Change(session.Files.Diffusion, change);

        ModelFileChangedException fault = Assert.Throws<ModelFileChangedException>(() => Draw(session));
        Assert.Equal(session.Files.Diffusion, fault.Path);
        Assert.Contains(said, fault.Reason, StringComparison.Ordinal);
        Assert.True(fault.EndsSession);
        Assert.False(session.HasFaulted);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("lengthened")]
    [InlineData("touched")]
    public void InTheMiddleOfAnImage(string change)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows refuses this change of a mapped file.");
        using ModelSession session = Open();

        // Cut to nothing, every further step reads pages that are gone.
        var saboteur = new AtStep(1, () => Change(session.Files.Diffusion, change));

        Assert.Equal(session.Files.Diffusion, Assert.Throws<ModelFileChangedException>(() => Draw(session, saboteur)).Path);
        Assert.True(saboteur.WasThere);
        using ModelSession another = Open();
        Draw(another);
    }

    [Fact]
    public void ACutFileIsReadAsZerosAndNoted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows refuses to cut a mapped file.");
        string path = _folder.Write("x.bin", [.. Enumerable.Repeat((byte)7, 100_000)]);
        using MappedFile file = MappedFile.Open(path);
        Assert.Equal(7, file.Span(99_999, 1)[0]);
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(50_000);

        Assert.Equal((7, 0, 0), (file.Span(49_999, 1)[0], file.Span(60_000, 1)[0], file.Span(99_999, 1)[0]));
        Assert.Contains("50000 bytes now", file.FindChange(lookUp: false)!, StringComparison.Ordinal);
        // Made as long as it was, the file looks whole again; that zeros were read is not forgotten.
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(100_000);
        Assert.Contains("could not be read", file.FindChange(lookUp: false)!, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUntouchedFileHasNoChange()
    {
        using MappedFile file = MappedFile.Open(_folder.Write("x.bin", [1, 2, 3]));

        Assert.Null(file.FindChange(lookUp: true));
    }

    [Fact]
    public void AFileBehindALinkIsTheSame()
    {
        string target = _folder.Write("target.bin", [1, 2, 3]);
        try
        {
            File.CreateSymbolicLink(_folder["link.bin"], target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            Assert.Skip("Links cannot be made here: " + e.Message);
        }
        Assert.SkipUnless(File.Exists(_folder["link.bin"]), "Links lead nowhere here.");
        using MappedFile file = MappedFile.Open(_folder["link.bin"]);

        Assert.Null(file.FindChange(lookUp: true));
        File.WriteAllBytes(_folder["other.bin"], [1, 2, 3, 4]);
        File.Delete(_folder["link.bin"]);
        File.CreateSymbolicLink(_folder["link.bin"], _folder["other.bin"]);
        Assert.Contains("another file", file.FindChange(lookUp: true)!, StringComparison.Ordinal);
    }

    [Fact]
    public void AReadOnlyFolderIsEnough()
    {
        string file = Copy("dit-tiny.gguf");
        File.SetAttributes(file, FileAttributes.ReadOnly);
        try
        {
            using ModelSession session = Open(file);
            Draw(session);
            Assert.Equal([file], Directory.GetFiles(_folder.Path));
        }
        finally
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }
    }

    private static void Change(string path, string change)
    {
        switch (change)
        {
            case "deleted":
                File.Delete(path);
                break;
            case "moved":
                File.Move(path, path + ".old");
                break;
            case "replaced":
                File.Copy(path, path + ".new");
                using (FileStream longer = File.OpenWrite(path + ".new"))
                    longer.SetLength(longer.Length + 1);
                File.Move(path + ".new", path, overwrite: true);
                break;
            case "touched":
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
                break;
            default:
                // As a program that asks nobody: .NET's own lock is only advice on Unix.
                using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
                    stream.SetLength(change == "cut" ? 0 : stream.Length + 10);
                break;
        }
    }

    private string Copy(string golden)
    {
        string path = _folder[$"{Guid.NewGuid():N}.gguf"];
        File.Copy(TinyTensors.GoldenFile(golden), path);
        return path;
    }

    private ModelSession Open(string? diffusion = null) => ModelSession.Open(
        new ModelFiles(diffusion ?? Copy("dit-tiny.gguf"), TinyTensors.GoldenFile("qwen3-tiny.gguf"), TinyTensors.GoldenFile("vae-tiny.gguf")),
        Devices.Cpu, new SessionOptions { Threads = 1 }, null, TestContext.Current.CancellationToken);

    private static void Draw(ModelSession session, IGenerationObserver? observer = null) => session.Generate(
        new ImageRequest { Prompt = "x", Width = 32, Height = 32, Steps = 4, Sampler = "euler", Scheduler = "flow_match", Shift = 3, Seed = 1 },
        observer, TestContext.Current.CancellationToken);

    private sealed class AtStep(int step, Action act) : IGenerationObserver
    {
        public bool WasThere { get; private set; }

        public void OnProgress(GenerationProgress progress)
        {
            if (progress.Phase != Phase.Sample || progress.Step != step || WasThere)
                return;
            WasThere = true;
            act();
        }

        public void OnMessage(MessageLevel level, string text)
        {
        }
    }
}
