using System.Buffers.Binary;
using System.Text;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Generation;

namespace ZImage.Tests.Checkpoints;

/// <summary>Safetensors files: what is read, and that whatever is wrong with one is a fault that says so.</summary>
public sealed class SafetensorsFileTests : IDisposable
{
    private const string OneTensor = """{"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TensorsAndTextsAreRead()
    {
        const string Header = """{"__metadata__":{"format":"pt","n":"7"},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"x":{"dtype":"F32","shape":[2,1,3],"data_offsets":[0,24]},"empty":{"dtype":"F16","shape":[0,4],"data_offsets":[26,26]},"new":{"dtype":"F4","shape":[3],"data_offsets":[26,28]}}""";
        byte[] data = [.. new float[] { 1, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes), 0x80, 0x3F, 1, 2];
        using Checkpoint file = Checkpoint.Open(_folder.Write("a.safetensors", Contents(Header, data)));

        Assert.Equal("safetensors", file.Format);
        Assert.Equal(["b", "x", "empty", "new"], file.Tensors.Keys);
        Assert.Equal([3, 1, 2], file.Tensors["x"].Shape);
        var values = new float[6];
        file.Tensors["x"].Decode(0, values);
        Assert.Equal([1, 2, 3, 4, 5, 6], values);
        Assert.Equal([1], file.Tensors["b"].Shape);
        file.Tensors["b"].Decode(0, values.AsSpan(0, 1));
        Assert.Equal(1, values[0]);
        Assert.Equal((0, 0), (file.Tensors["empty"].Elements, file.Tensors["empty"].Bytes));
        Assert.False(file.Tensors["new"].Type.IsKnown);
        Assert.Equal(("pt", 7, null), (file.Metadata.GetString("format"), file.Metadata.GetInt32("n"), file.Metadata.GetString("none")));
        Assert.Throws<ModelFileCorruptException>(() => file.Metadata.GetInt32("format"));
        Assert.Throws<ModelFileCorruptException>(() => file.Metadata.GetStrings("format"));
        Assert.Matches("^[0-9a-f]{64}$", file.Fingerprint);
    }

    [Theory]
    [InlineData("F8_E4M3", 0x7E, 448)]
    [InlineData("F8_E4M3", 0x01, 0.001953125)]
    [InlineData("F8_E4M3", 0x38, 1)]
    [InlineData("F8_E4M3", 0xC4, -3)]
    [InlineData("F8_E4M3", 0x80, -0.0)]
    [InlineData("F8_E5M2", 0x7B, 57344)]
    [InlineData("F8_E5M2", 0x3C, 1)]
    [InlineData("F8_E5M2", 0x01, 1.52587890625e-05)]
    public void EightBitFloats(string type, byte code, double expected)
    {
        using Checkpoint file = Checkpoint.Open(_folder.Write("a.safetensors", Contents($$$"""{"x":{"dtype":"{{{type}}}","shape":[1],"data_offsets":[0,1]}}""", [code])));
        var value = new float[1];

        file.Tensors["x"].Decode(0, value);

        Assert.Equal((float)expected, value[0]);
    }

    [Theory]
    [InlineData("F8_E4M3", 256)]
    [InlineData("F8_E5M2", 256)]
    public void EveryEightBitFloatIsEncodedAsItself(string type, int codes)
    {
        StoredType stored = type == StoredType.Float8E4M3.Name ? StoredType.Float8E4M3 : StoredType.Float8E5M2;
        byte[] all = [.. Enumerable.Range(0, codes).Select(code => (byte)code)];
        var values = new float[codes];
        Float8.Decode(stored, all, values);

        byte[] encoded = Float8.Encode(stored, values);

        Assert.All(all, code => Assert.True(!float.IsFinite(values[code]) || encoded[code] == code, $"{values[code]}: {code} became {encoded[code]}"));
        Assert.Equal(0x39, Float8.Encode(StoredType.Float8E4M3, [1.1f])[0]);
        Assert.Equal(0x7E, Float8.Encode(StoredType.Float8E4M3, [1e6f])[0]);
    }

    [Theory]
    [InlineData("{}", "no tensors")]
    [InlineData("[1,2]", null)]
    [InlineData("{\"x\":1}", null)]
    [InlineData("{\"x\":{}}", null)]
    [InlineData("{\"x\":{\"dtype\":null,\"shape\":[1],\"data_offsets\":[0,4]}}", "no type")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[\"a\"],\"data_offsets\":[0,4]}}", null)]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", null)]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "no start and end")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,5]}}", "5 bytes")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "bytes 4 to 0")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", "bytes -4 to 0")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "shape")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,4]}}", "shape")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,3],\"data_offsets\":[0,4]}}", "shape")]
    [InlineData("{\"x\":{\"dtype\":\"NEW\",\"shape\":[1073741824],\"data_offsets\":[0,4]}}", "elements in 4 bytes")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", "axes")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "twice")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "overlap")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", null)]
    public void ADamagedHeader(string header, string? said)
    {
        string path = _folder.Write("a.safetensors", header[0] == '{' ? Contents(header, new byte[8]) : Contents("{" + header, new byte[8]));

        if (header == "{}")
        {
            using Checkpoint file = Checkpoint.Open(path);
            Assert.Contains(said!, ComponentRecognizer.Recognize(file).Evidence, StringComparison.Ordinal);
            return;
        }
        ModelFileCorruptException fault = Assert.Throws<ModelFileCorruptException>(() => Checkpoint.Open(path));
        Assert.Contains(said ?? "header", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryTruncationIsToldAsOne()
    {
        byte[] whole = Contents(OneTensor, new byte[24]);

        for (int length = whole.Length - 1; length >= 9; length--)
        {
            string path = _folder.Write("a.safetensors", whole[..length]);
            Assert.Equal(whole.Length > length + 24 ? whole.Length - 24 : whole.Length, Assert.Throws<ModelFileTruncatedException>(() => Checkpoint.Open(path)).NeededLength);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void DamagedFilesNeverCrash(int seed)
    {
        string file = _folder["a.safetensors"];
        Dialects.DiffusersTransformer(TinyTensors.Transformer).WriteSafetensors(file, "BF16");
        byte[] intact = File.ReadAllBytes(file);
        var random = new Random(seed);
        int opened = 0, refused = 0;
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = (byte[])intact.Clone();
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                damaged[random.Next(4000)] = (byte)random.Next(32, 128);
            try
            {
                using Checkpoint checkpoint = Checkpoint.Open(_folder.Write("damaged.safetensors", damaged));
                foreach (CheckpointTensor tensor in checkpoint.Tensors.Values)
                    Assert.Equal(tensor.Bytes, tensor.Data.Length);
                if (ComponentRecognizer.Recognize(checkpoint).Kind == ComponentKind.Transformer)
                    Assert.NotEmpty(ComponentFile.From(checkpoint, ComponentKind.Transformer).Tensors);
                opened++;
            }
            catch (ModelFileException e)
            {
                Assert.NotEmpty(e.Reason);
                refused++;
            }
        }
        Assert.True(opened > 10 && refused > 10, $"{opened} opened, {refused} refused");
    }

    [Fact]
    public void ATypeThatWeightsCannotHave()
    {
        TinyTensors tensors = TinyTensors.Transformer.Each(tensor => tensor.Name == "layers.1.attention.out.weight" ? tensor with { Name = "removed" } : tensor);
        SafetensorsWriter writer = tensors.Safetensors("F32");
        writer.AddTensor("layers.1.attention.out.weight", "U8", [96, 96], new byte[96 * 96]);
        writer.Write(_folder["a.safetensors"]);

        ModelFileInfo info = Assert.Single(ModelFileInfo.Inspect(_folder["a.safetensors"]));

        Assert.False(info.IsUsable);
        Assert.Contains("U8", info.Problem!, StringComparison.Ordinal);
    }

    private static byte[] Contents(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        return [.. length, .. text, .. data];
    }
}
