using ZImage.Engine.Checkpoints;

namespace ZImage.Tests.Checkpoints;

/// <summary>Whatever a file holds: it opens, or there is a fault of ours that says what is wrong.</summary>
public sealed class HostileFileTests : IDisposable
{
    private const uint F32 = 0;
    private const uint Q8_0 = 8;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AMissingFile()
        => Assert.Equal(_folder["no.gguf"], Assert.Throws<ModelFileNotFoundException>(() => Checkpoint.Open(_folder["no.gguf"])).Path);

    [Fact]
    public void AMissingFolder()
        => Assert.Throws<ModelFileNotFoundException>(() => Checkpoint.Open(Path.Combine(_folder.Path, "no", "where", "x.gguf")));

    [Fact]
    public void AFolderInPlaceOfAFile()
        => Assert.Contains("folder", Assert.Throws<ModelFileNotFoundException>(() => Checkpoint.Open(_folder.Path)).Reason, StringComparison.Ordinal);

    [Fact]
    public void APathThatIsNone() => Assert.Throws<ModelFileUnreadableException>(() => Checkpoint.Open("a\0b.gguf"));

    [Fact]
    public void AFileThatAnotherHolds()
    {
        string path = _folder.Write("held.gguf", SmallModels.TextEncoder());
        // A download under way: Windows lets others read along, and what they would read is not finished. Unix knows only who wants a file alone.
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.ReadWrite : FileShare.None))
        {
            ModelFileUnreadableException fault = Assert.Throws<ModelFileUnreadableException>(() => Checkpoint.Open(path));

            Assert.Equal(fault.InnerException?.Message, fault.Reason);
            Assert.Contains("no other program holds it open for writing", fault.RecommendedAction, StringComparison.Ordinal);
        }
        Checkpoint.Open(path).Dispose();
    }

    [Fact]
    public void AFileIsFreeAfterwards()
    {
        string path = _folder.Write("free.gguf", SmallModels.TextEncoder());
        Checkpoint.Open(path).Dispose();
        File.Move(path, _folder["moved.gguf"]);
        string bad = _folder.Write("bad.gguf", [1, 2, 3]);
        Assert.Throws<NotAModelFileException>(() => Checkpoint.Open(bad));

        new FileStream(bad, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
    }

    [Fact]
    public void AnEmptyFile() => Assert.Contains("empty", Fault<ModelFileTruncatedException>([]).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS")]
    [InlineData("<!DOCTYPE html><html>", "web page")]
    [InlineData("PK\u0003\u0004....", "ZIP")]
    [InlineData("ggml....", "67676D6C")]
    public void FilesOfOtherKinds(string contents, string named)
        => Assert.Contains(named, Fault<NotAModelFileException>(System.Text.Encoding.Latin1.GetBytes(contents)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(4u)]
    [InlineData(0x03000000u)]
    public void VersionsThatAreNotRead(uint version)
    {
        string reason = Fault<ModelFormatUnsupportedException>(new RawGguf(0, 0, version).Bytes).Reason;

        Assert.Contains(version == 0x03000000u ? "big-endian" : $"version {version}", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue, 0ul)]
    [InlineData(0ul, ulong.MaxValue)]
    [InlineData(1ul << 40, 0ul)]
    [InlineData(0ul, 1ul << 40)]
    [InlineData((1ul << 20) + 1, 0ul)]
    public void CountsThatNoFileHas(ulong tensors, ulong keys) => Fault<ModelFileCorruptException>(new RawGguf(tensors, keys).Bytes);

    [Theory]
    [InlineData(1000ul, 0ul)]
    [InlineData(0ul, 1000ul)]
    public void CountsThatTheFileIsTooShortFor(ulong tensors, ulong keys) => Fault<ModelFileTruncatedException>(new RawGguf(tensors, keys).Data(100).Bytes);

    [Fact]
    public void AStringLongerThanTheFile()
    {
        Fault<ModelFileTruncatedException>(new RawGguf(0, 1).UInt64(1000).Data(64).Bytes);
        Fault<ModelFileCorruptException>(new RawGguf(0, 1).UInt64(1ul << 63).Data(64).Bytes);
        Fault<ModelFileCorruptException>(new RawGguf(0, 1).UInt64(ulong.MaxValue).Data(64).Bytes);
        Fault<ModelFileTruncatedException>(new RawGguf(0, 1).String("k").UInt32(8).UInt64(1000).Data(64).Bytes);
        Fault<ModelFileCorruptException>(new RawGguf(0, 1).String("k").UInt32(8).UInt64(1ul << 31).Data(64).Bytes);
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(8u)]
    [InlineData(9u)]
    [InlineData(12u)]
    public void AnArrayLongerThanTheFile(uint elementKind)
    {
        Fault<ModelFileTruncatedException>(new RawGguf(0, 1).String("k").UInt32(9).UInt32(elementKind).UInt64(1000).Data(64).Bytes);
        Fault<ModelFileCorruptException>(new RawGguf(0, 1).String("k").UInt32(9).UInt32(elementKind).UInt64(ulong.MaxValue / 8).Data(64).Bytes);
    }

    [Fact]
    public void ArraysNestedWithoutEnd()
    {
        RawGguf file = new RawGguf(0, 1).String("k").UInt32(9);
        for (int depth = 0; depth < 10000; depth++)
            file.UInt32(9).UInt64(1);

        Assert.Contains("nests", Fault<ModelFileCorruptException>(file.Data(64).Bytes).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AValueOfAnUnknownKind()
        => Assert.Contains("13", Fault<ModelFileCorruptException>(new RawGguf(0, 1).String("k").UInt32(13).Data(64).Bytes).Reason, StringComparison.Ordinal);

    [Fact]
    public void AKeyThatAppearsTwice()
        => Assert.Contains("'k'", Fault<ModelFileCorruptException>(new RawGguf(0, 2).String("k").UInt32(4).UInt32(1).String("k").UInt32(4).UInt32(1).Bytes).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(0u)]
    [InlineData(33u)]
    [InlineData(uint.MaxValue)]
    public void AnAlignmentThatIsNoPowerOfTwo(uint alignment)
        => Assert.Contains("general.alignment", Fault<ModelFileCorruptException>(
            new RawGguf(1, 1).String("general.alignment").UInt32(4).UInt32(alignment).Tensor("x", [1], F32, 0).Data(64).Bytes).Reason, StringComparison.Ordinal);

    [Fact]
    public void AnAlignmentLargerThanTheFile()
        => Fault<ModelFileTruncatedException>(new RawGguf(1, 1).String("general.alignment").UInt32(4).UInt32(1u << 31).Tensor("x", [1], F32, 0).Data(64).Bytes);

    [Fact]
    public void AnAlignmentThatIsAText()
        => Fault<ModelFileCorruptException>(new RawGguf(0, 1).String("general.alignment").UInt32(8).String("32").Bytes);

    [Fact]
    public void ATensorThatAppearsTwice()
        => Assert.Contains("twice", Fault<ModelFileCorruptException>(
            new RawGguf(2, 0).Tensor("x", [1], F32, 0).Tensor("x", [1], F32, 32).Data(64).Bytes).Reason, StringComparison.Ordinal);

    [Fact]
    public void TensorsThatOverlap()
        => Assert.Contains("overlap", Fault<ModelFileCorruptException>(
            new RawGguf(2, 0).Tensor("x", [16], F32, 32).Tensor("y", [16], F32, 0).Data(96).Bytes).Reason, StringComparison.Ordinal);

    [Fact]
    public void ATensorWithTooManyAxes()
        => Assert.Contains("5 axes", Fault<ModelFileCorruptException>(new RawGguf(1, 0).Tensor("x", [1, 1, 1, 1, 1], F32, 0).Data(64).Bytes).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(1ul, 0ul)]
    [InlineData(ulong.MaxValue, 1ul)]
    [InlineData(1ul << 63, 1ul)]
    [InlineData(1ul << 32, 1ul << 31)]
    [InlineData(1ul << 32, 1ul << 32)]
    [InlineData(1ul << 62, 4ul)]
    [InlineData(1ul << 61, 2ul)]
    public void SizesThatNoTensorHas(ulong first, ulong second)
        => Assert.Contains("'x'", Fault<ModelFileCorruptException>(new RawGguf(1, 0).Tensor("x", [first, second], F32, 0).Data(64).Bytes).Reason, StringComparison.Ordinal);

    [Fact]
    public void RowsThatAreNoWholeBlocks()
        => Assert.Contains("whole blocks", Fault<ModelFileCorruptException>(new RawGguf(1, 0).Tensor("x", [33, 32], Q8_0, 0).Data(2000).Bytes).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(1ul)]
    [InlineData(31ul)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 31)]
    [InlineData(1ul << 63)]
    public void OffsetsThatNoTensorHas(ulong offset)
        => Fault<ModelFileCorruptException>(new RawGguf(1, 0).Tensor("x", [1], F32, offset).Data(64).Bytes);

    [Fact]
    public void DataBeyondTheEnd()
    {
        ModelFileTruncatedException fault = Fault<ModelFileTruncatedException>(
            new RawGguf(2, 0).Tensor("x", [4], F32, 0).Tensor("y", [1000], F32, 32).Data(64).Bytes);

        Assert.Contains("'y'", fault.Reason, StringComparison.Ordinal);
        Assert.Equal(fault.Length - 64 + 32 + 4000, fault.NeededLength);
    }

    [Fact]
    public void UnknownTypesBeyondTheEnd() => Fault<ModelFileTruncatedException>(new RawGguf(1, 0).Tensor("x", [4], 999, 1 << 20).Data(64).Bytes);

    [Fact]
    public void EveryTruncationIsToldAsOne()
    {
        byte[] file = SmallModels.Write(writer =>
        {
            writer.AddMetadata("number", 1.5f);
            writer.AddMetadata("text", "a text");
            writer.AddMetadata("strings", new[] { "one", "two" });
            writer.AddMetadata("integers", new[] { 1, 2, 3 });
            SmallModels.F32(writer, "x", 5, 3);
            SmallModels.F32(writer, "y", 2);
        });
        int needed;
        using (Checkpoint whole = Checkpoint.Open(_folder.Write("whole.gguf", file)))
            needed = (int)whole.Tensors.Values.Max(tensor => tensor.Offset + tensor.Bytes);
        for (int length = needed - 1; length >= 0; length--)
            Assert.Equal(length, Fault<ModelFileTruncatedException>(file[..length]).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void DamagedFilesNeverCrash(int seed)
    {
        byte[][] files =
        [
            SmallModels.TextEncoder(),
            SmallModels.Transformer("model.diffusion_model."),
            SmallModels.Autoencoder(),
            new RawGguf(1, 2).String("nested").UInt32(9).UInt32(9).UInt64(2).UInt32(8).UInt64(1).String("text").UInt32(4).UInt64(1).UInt32(1)
                .String("general.alignment").UInt32(4).UInt32(64).Tensor("x", [32, 2], Q8_0, 0).Data(68, 64).Bytes,
        ];
        var random = new Random(seed);
        int opened = 0, refused = 0;
        for (int round = 0; round < 1000; round++)
        {
            byte[] file = (byte[])files[round % files.Length].Clone();
            // Most of the damage goes to the header, where it can mislead.
            int header = Math.Min(file.Length, 1200);
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                file[random.Next(header)] = random.Next(3) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
            try
            {
                UseAll(_folder.Write("damaged.gguf", file));
                opened++;
            }
            catch (ModelFileException e)
            {
                Assert.NotEmpty(e.Reason);
                refused++;
            }
        }
        Assert.True(opened > 30 && refused > 30, $"{opened} opened, {refused} refused");
    }

    // Everything that a reader can ask of a file.
    private static void UseAll(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        foreach (string key in checkpoint.Metadata.Keys)
        {
            foreach (Func<string, object?> get in (Func<string, object?>[])
                [checkpoint.Metadata.GetString, key => checkpoint.Metadata.GetInt32(key), key => checkpoint.Metadata.GetUInt64(key),
                key => checkpoint.Metadata.GetDouble(key), key => checkpoint.Metadata.GetBoolean(key), checkpoint.Metadata.GetStrings,
                checkpoint.Metadata.GetInt32s, checkpoint.Metadata.GetSingles])
            {
                try
                {
                    get(key);
                }
                catch (ModelFileCorruptException)
                {
                    // A value of another kind.
                }
            }
        }
        foreach (CheckpointTensor tensor in checkpoint.Tensors.Values)
            Assert.Equal(tensor.Bytes, tensor.Data.Length);
        Assert.Equal(64, checkpoint.Fingerprint.Length);
        RecognizedComponent recognized = ComponentRecognizer.Recognize(checkpoint);
        if (recognized.Kind == ComponentKind.Unknown)
            return;
        var component = ComponentFile.From(checkpoint, recognized.Kind);
        component.Blocks("layers.");
        foreach (string name in component.Tensors.Keys)
            component.Require(name);
    }

    private TFault Fault<TFault>(byte[] contents) where TFault : ModelFileException
    {
        string path = _folder.Write("hostile.gguf", contents);
        TFault fault = Assert.Throws<TFault>(() => Checkpoint.Open(path));
        Assert.Equal(path, fault.Path);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.Contains(fault.Reason, fault.Message, StringComparison.Ordinal);
        Assert.Equal($"{fault.ErrorId}Exception", fault.GetType().Name);
        Assert.NotEmpty(fault.RecommendedAction);
        return fault;
    }
}
