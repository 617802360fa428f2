using ZImage.Engine.Checkpoints;
using ZImage.Ggml;

namespace ZImage.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MetadataOfEveryKindComesBack()
    {
        byte[] file = SmallModels.Write(writer =>
        {
            writer.AddMetadata("u8", (byte)200);
            writer.AddMetadata("i8", (sbyte)-3);
            writer.AddMetadata("u16", (ushort)60000);
            writer.AddMetadata("i16", (short)-30000);
            writer.AddMetadata("u32", 4000000000u);
            writer.AddMetadata("i32", -7);
            writer.AddMetadata("u64", ulong.MaxValue);
            writer.AddMetadata("i64", long.MinValue);
            writer.AddMetadata("f32", 0.1f);
            writer.AddMetadata("f64", 0.1);
            writer.AddMetadata("yes", true);
            writer.AddMetadata("no", false);
            writer.AddMetadata("text", "café 猫 🐱\n");
            writer.AddMetadata("empty", "");
            writer.AddMetadata("strings", new[] { "", "a", "é" });
            writer.AddMetadata("ints", new[] { 1, -2, 3 });
            writer.AddMetadata("bytes", new byte[] { 1, 255 });
            writer.AddMetadata("floats", new[] { 1.5f, -2f });
            writer.AddMetadata("none", Array.Empty<string>());
        });
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("all.gguf", file));
        CheckpointMetadata metadata = checkpoint.Metadata;

        Assert.Equal(200, metadata.GetInt32("u8"));
        Assert.Equal(-3, metadata.GetInt64("i8"));
        Assert.Equal(60000, metadata.GetInt32("u16"));
        Assert.Equal(-30000, metadata.GetInt32("i16"));
        Assert.Equal(4000000000L, metadata.GetInt64("u32"));
        Assert.Equal(-7, metadata.GetInt32("i32"));
        Assert.Equal(ulong.MaxValue, metadata.GetUInt64("u64"));
        Assert.Equal(long.MinValue, metadata.GetInt64("i64"));
        Assert.Equal(0.1f, metadata.GetSingle("f32"));
        Assert.Equal(0.1, metadata.GetDouble("f64"));
        Assert.Equal(-7.0, metadata.GetDouble("i32"));
        Assert.True(metadata.GetBoolean("yes"));
        Assert.False(metadata.GetBoolean("no"));
        Assert.Equal("café 猫 🐱\n", metadata.GetString("text"));
        Assert.Equal("", metadata.GetString("empty"));
        Assert.Equal(["", "a", "é"], metadata.GetStrings("strings")!);
        Assert.Equal([1, -2, 3], metadata.GetInt32s("ints")!);
        Assert.Equal([1, 255], metadata.GetInt32s("bytes")!);
        Assert.Equal([1.5f, -2f], metadata.GetSingles("floats")!);
        Assert.Equal([1f, -2f, 3f], metadata.GetSingles("ints")!);
        Assert.Empty(metadata.GetStrings("none")!);
        Assert.Equal(3, metadata.GetArrayLength("strings"));
        Assert.Equal(19, metadata.Count);
    }

    [Fact]
    public void AbsentMetadataIsNull()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("none.gguf", SmallModels.Write(_ => { })));

        Assert.Null(checkpoint.Metadata.GetString("x"));
        Assert.Null(checkpoint.Metadata.GetInt32("x"));
        Assert.Null(checkpoint.Metadata.GetUInt64("x"));
        Assert.Null(checkpoint.Metadata.GetSingle("x"));
        Assert.Null(checkpoint.Metadata.GetBoolean("x"));
        Assert.Null(checkpoint.Metadata.GetStrings("x"));
        Assert.Null(checkpoint.Metadata.GetInt32s("x"));
        Assert.Null(checkpoint.Metadata.GetArrayLength("x"));
        Assert.Empty(checkpoint.Tensors);
    }

    [Fact]
    public void MetadataOfAnotherKindIsAFaultThatNamesTheKey()
    {
        byte[] file = SmallModels.Write(writer =>
        {
            writer.AddMetadata("text", "1");
            writer.AddMetadata("large", 1UL << 40);
            writer.AddMetadata("negative", -1);
            writer.AddMetadata("ints", new[] { 1 });
        });
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("kinds.gguf", file));
        CheckpointMetadata metadata = checkpoint.Metadata;

        AssertNames("text", () => metadata.GetInt32("text"));
        AssertNames("text", () => metadata.GetDouble("text"));
        AssertNames("text", () => metadata.GetBoolean("text"));
        AssertNames("text", () => metadata.GetStrings("text"));
        AssertNames("large", () => metadata.GetInt32("large"));
        AssertNames("negative", () => metadata.GetUInt64("negative"));
        AssertNames("ints", () => metadata.GetInt32("ints"));
        AssertNames("ints", () => metadata.GetStrings("ints"));
        AssertNames("ints", () => metadata.GetString("ints"));

        static void AssertNames(string key, Func<object?> read) => Assert.Contains($"'{key}'", Assert.Throws<ModelFileCorruptException>(read).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void TensorsComeBackInOrderWithTheirBytes()
    {
        float[] values = [.. Enumerable.Range(0, 96).Select(i => MathF.Sin(i))];
        byte[] f32 = TensorEncoding.Encode(TensorEncoding.TypeF32, values);
        byte[] f16 = TensorEncoding.Encode(TensorEncoding.TypeF16, values.AsSpan(0, 3));
        byte[] q8 = TensorEncoding.Encode(TensorEncoding.TypeQ8_0, values);
        byte[] file = SmallModels.Write(writer =>
        {
            writer.AddTensor("z", TensorEncoding.TypeF32, [8, 12], f32);
            writer.AddTensor("a", TensorEncoding.TypeF16, [3], f16);
            writer.AddTensor("m", TensorEncoding.TypeQ8_0, [32, 3], q8);
        });
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("tensors.gguf", file));

        Assert.Equal(["z", "a", "m"], checkpoint.Tensors.Keys);
        AssertTensor("z", GgmlType.F32, [8, 12], f32);
        AssertTensor("a", GgmlType.F16, [3], f16);
        AssertTensor("m", GgmlType.Q8_0, [32, 3], q8);

        void AssertTensor(string name, GgmlType type, long[] shape, byte[] data)
        {
            CheckpointTensor tensor = checkpoint.Tensors[name];
            Assert.Equal(type, tensor.Type);
            Assert.Equal(shape, tensor.Shape);
            Assert.Equal(data.Length, tensor.Bytes);
            Assert.Equal(data, tensor.Data.ToArray());
            Assert.Equal(data, file[(int)tensor.Offset..(int)(tensor.Offset + tensor.Bytes)]);
        }
    }

    [Theory]
    [InlineData(new long[] { 8, 1 }, new long[] { 8 })]
    [InlineData(new long[] { 8, 1, 1, 1 }, new long[] { 8 })]
    [InlineData(new long[] { 1, 1, 8, 1 }, new long[] { 1, 1, 8 })]
    [InlineData(new long[] { 1, 1 }, new long[] { 1 })]
    public void TrailingOnesAreNoAxes(long[] stored, long[] shape)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("ones.gguf", SmallModels.Write(writer => SmallModels.F32(writer, "x", stored))));

        Assert.Equal(shape, checkpoint.Tensors["x"].Shape);
        Assert.Equal(shape[^1], checkpoint.Tensors["x"].Elements);
        Assert.Equal(1, checkpoint.Tensors["x"].Ne(3));
    }

    [Fact]
    public void ATensorWithoutAxesIsASingleValue()
    {
        byte[] file = new RawGguf(1, 0).Tensor("scalar", [], 0, 0).Data(4).Bytes;
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("scalar.gguf", file));

        Assert.Equal([1], checkpoint.Tensors["scalar"].Shape);
        Assert.Equal(4, checkpoint.Tensors["scalar"].Bytes);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void BothVersionsAreRead(uint version)
    {
        byte[] file = new RawGguf(1, 1, version).String("k").UInt32(4).UInt32(5).Tensor("x", [2], 0, 0).Data(8).Bytes;
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("version.gguf", file));

        Assert.Equal($"GGUF v{version}", checkpoint.Format);
        Assert.Equal(5, checkpoint.Metadata.GetInt32("k"));
        Assert.Equal(8, checkpoint.Tensors["x"].Bytes);
    }

    [Fact]
    public void TheAlignmentOfTheFileHolds()
    {
        byte[] file = new RawGguf(2, 1).String("general.alignment").UInt32(4).UInt32(256)
            .Tensor("x", [2], 0, 0).Tensor("y", [2], 0, 256).Data(256 + 8, alignment: 256).Bytes;
        file[^8] = 7;
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("aligned.gguf", file));

        Assert.Equal(0, checkpoint.Tensors["x"].Offset % 256);
        Assert.Equal(7, checkpoint.Tensors["y"].Data[0]);
    }

    [Fact]
    public void PaddingAfterTheLastTensorMayBeMissing()
    {
        byte[] file = SmallModels.Write(writer => SmallModels.F32(writer, "x", 3));
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("short.gguf", file[..^20]));

        Assert.Equal(12, checkpoint.Tensors["x"].Data.Length);
    }

    [Fact]
    public void UnknownTypesDoNotKeepAFileFromOpening()
    {
        byte[] file = new RawGguf(2, 0).Tensor("new", [5, 7], 999, 0).Tensor("x", [2], 0, 64).Data(72).Bytes;
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("newer.gguf", file));

        Assert.False(checkpoint.Tensors["new"].Type.IsKnown);
        Assert.Equal("number 999", checkpoint.Tensors["new"].Type.Name);
        Assert.Equal(0, checkpoint.Tensors["new"].Bytes);
        Assert.True(checkpoint.Tensors["x"].Type.IsKnown);
    }

    [Fact]
    public void NestedArraysArePassedOver()
    {
        // An array of two arrays, then a plain key behind it.
        byte[] file = new RawGguf(0, 2).String("nested").UInt32(9).UInt32(9).UInt64(2)
            .UInt32(8).UInt64(1).String("text").UInt32(4).UInt64(2).UInt32(1).UInt32(2)
            .String("after").UInt32(4).UInt32(42).Bytes;
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("nested.gguf", file));

        Assert.Equal(42, checkpoint.Metadata.GetInt32("after"));
        Assert.Equal(2, checkpoint.Metadata.GetArrayLength("nested"));
        Assert.Throws<ModelFileCorruptException>(() => checkpoint.Metadata.GetStrings("nested"));
        Assert.Throws<ModelFileCorruptException>(() => checkpoint.Metadata.GetInt32s("nested"));
        Assert.Throws<ModelFileCorruptException>(() => checkpoint.Metadata.GetSingles("nested"));
    }

    [Fact]
    public void PathsWithSpacesAndUnicodeOpen()
    {
        string path = _folder.Write("ein Ordner/модель 猫 🐱.gguf", SmallModels.TextEncoder());
        using Checkpoint checkpoint = Checkpoint.Open(path);

        Assert.Equal(path, checkpoint.Path);
    }

    [Fact]
    public void ADisposedCheckpointGivesNoMemory()
    {
        Checkpoint checkpoint = Checkpoint.Open(_folder.Write("gone.gguf", SmallModels.TextEncoder()));
        CheckpointTensor tensor = checkpoint.Tensors.Values.First();
        checkpoint.Dispose();
        checkpoint.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.Data.Length);
        Assert.Throws<ObjectDisposedException>(() => checkpoint.Metadata.GetStrings("tokenizer.ggml.tokens"));
    }

    [Theory]
    [MemberData(nameof(GoldenFolder.ModelFiles), MemberType = typeof(GoldenFolder))]
    [Trait("Category", "Golden")]
    public void GoldenFilesOpen(string name)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(GoldenFolder.Path, name));

        Assert.NotEmpty(checkpoint.Tensors);
        foreach (CheckpointTensor tensor in checkpoint.Tensors.Values)
        {
            Assert.True(tensor.Type.IsKnown);
            Assert.Equal(tensor.Elements / tensor.Type.BlockSize * tensor.Type.BlockBytes, tensor.Data.Length);
        }
        CheckpointTensor last = checkpoint.Tensors.Values.MaxBy(tensor => tensor.Offset)!;
        Assert.InRange(checkpoint.Files[0].Length - last.Offset - last.Bytes, 0, (checkpoint.Metadata.GetInt64("general.alignment") ?? 32) - 1);
    }
}
