using ZImage.Engine;
using ZImage.Ggml;

namespace ZImage.Tests.Downloads;

/// <summary>Files of the cache, and their end.</summary>
[Collection(TestCache.Name)]
public sealed class CacheContentsTests
{
    private readonly List<string> _stayed = [];

    public CacheContentsTests()
    {
        if (Directory.Exists(CacheFolder.Models))
            Directory.Delete(CacheFolder.Models, recursive: true);
    }

    [Fact]
    public void ModelsAndPartialDownloadsAreToldApart()
    {
        string model = Write("a/b/main/model.gguf", 1000), record = Write("a/b/main/model.gguf.download", 10);
        string partial = Write("a/c/main/other.gguf.partial", 500), partialRecord = Write("a/c/main/other.gguf.download", 10);

        Assert.Equal((2, 1010), (CacheContents.Of(CacheKind.Models).Files, (int)CacheContents.Of(CacheKind.Models).Bytes));
        ClearedCache cleared = CacheContents.Of(CacheKind.PartialDownloads).Clear(fault => _stayed.Add(fault.Message));

        Assert.Equal(new ClearedCache(CacheKind.PartialDownloads, CacheFolder.Models, 2, 510, 0), cleared);
        Assert.Equal([true, true, false, false, false], new[] { model, record, partial, partialRecord, Path.GetDirectoryName(partial)! }.Select(Path.Exists));
        Assert.Equal(1010, CacheContents.Of(CacheKind.Models).Clear(fault => _stayed.Add(fault.Message)).FreedBytes);
        Assert.False(Directory.Exists(CacheFolder.Models));
        Assert.Empty(_stayed);
    }

    [Fact]
    public void WhatIsInUseStaysAndIsReported()
    {
        string used = Write("a/b/main/used.gguf", 1000), unused = Write("a/b/main/unused.gguf", 1000);
        using (MappedFile.Open(used))
        {
            ClearedCache cleared = CacheContents.Of(CacheKind.Models).Clear(fault => _stayed.Add((string)fault.Target!));

            Assert.Equal((1, 1000, 1), (cleared.Files, (int)cleared.FreedBytes, cleared.InUse));
        }
        Assert.Equal([used], _stayed);
        Assert.True(File.Exists(used));
        Assert.False(File.Exists(unused));
    }

    [Fact]
    public void LinksAreDeletedAndNotFollowed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making a link needs rights on Windows.");
        using var outside = new TemporaryFolder();
        string kept = outside.Write("kept.gguf", new byte[100]);
        Directory.CreateDirectory(CacheFolder.Models);
        Directory.CreateSymbolicLink(Path.Combine(CacheFolder.Models, "folder"), outside.Path);
        File.CreateSymbolicLink(Path.Combine(CacheFolder.Models, "file.gguf"), kept);

        ClearedCache cleared = CacheContents.Of(CacheKind.Models).Clear(fault => _stayed.Add(fault.Message));

        Assert.Equal((2, 0), (cleared.Files, (int)cleared.FreedBytes));
        Assert.False(Directory.Exists(CacheFolder.Models));
        Assert.True(File.Exists(kept));

        Directory.CreateSymbolicLink(CacheFolder.Models, outside.Path);
        CacheContents linked = CacheContents.Of(CacheKind.Models);
        linked.Clear(fault => _stayed.Add(fault.Message));
        Directory.Delete(CacheFolder.Models);

        Assert.True(linked.IsLink);
        Assert.True(File.Exists(kept));
        Assert.Empty(_stayed);
    }

    private static string Write(string name, int bytes)
    {
        string path = Path.Combine([CacheFolder.Models, .. name.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[bytes]);
        return path;
    }
}
