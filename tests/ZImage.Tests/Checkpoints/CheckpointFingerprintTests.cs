using ZImage.Engine.Checkpoints;

namespace ZImage.Tests.Checkpoints;

public sealed class CheckpointFingerprintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ItDependsOnTheContentsAlone()
    {
        byte[] contents = SmallModels.Transformer();

        Assert.Equal(Fingerprint("a.gguf", contents), Fingerprint("other/name.gguf", contents));
        Assert.Matches("^[0-9a-f]{64}$", Fingerprint("a.gguf", contents));
    }

    [Fact]
    public void InASmallFileEveryByteCounts()
    {
        byte[] contents = SmallModels.Transformer();
        string original = Fingerprint("a.gguf", contents);
        int dataStart;
        using (Checkpoint checkpoint = Checkpoint.Open(_folder["a.gguf"]))
            dataStart = (int)checkpoint.Tensors.Values.Min(tensor => tensor.Offset);

        foreach (int at in (int[])[dataStart, dataStart + 1234, contents.Length / 2, contents.Length - 1])
        {
            byte[] changed = (byte[])contents.Clone();
            changed[at] ^= 1;
            Assert.NotEqual(original, Fingerprint("b.gguf", changed));
        }
        Assert.NotEqual(original, Fingerprint("b.gguf", [.. contents, 0]));
        Assert.NotEqual(original, Fingerprint("b.gguf", SmallModels.Transformer(more: writer => writer.AddMetadata("note", 1))));
    }

    [Fact]
    public void InALargeFileBothEndsAndSamplesBetweenCount()
    {
        const int Elements = 1 << 20;
        byte[] contents = SmallModels.Write(writer => SmallModels.F32(writer, "x", Elements));
        string original = Fingerprint("large.gguf", contents);
        int data = contents.Length - Elements * 4;

        // Samples of 4 KiB are spread evenly: a change of 1/60 of the data meets one at least.
        int[] ends = [data + 100, contents.Length - 100];
        foreach (int at in ends)
            AssertChanges(at, 1);
        for (int part = 0; part < 10; part++)
            AssertChanges(data + part * (Elements * 4 / 10), Elements * 4 / 60);

        void AssertChanges(int at, int length)
        {
            byte[] changed = (byte[])contents.Clone();
            for (int i = at; i < at + length; i++)
                changed[i] ^= 1;
            Assert.NotEqual(original, Fingerprint("changed.gguf", changed));
        }
    }

    private string Fingerprint(string name, byte[] contents)
    {
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Write(name, contents));
        return checkpoint.Fingerprint;
    }
}
