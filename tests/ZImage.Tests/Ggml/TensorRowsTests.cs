using System.Runtime.InteropServices;
using ZImage.Ggml;

namespace ZImage.Tests.Ggml;

/// <summary>Stored elements as floats.</summary>
public sealed class TensorRowsTests
{
    // Longer than whole vectors, so that the last element is converted alone.
    [Fact]
    public void EveryHalfIsTheFloatOfItsValue()
    {
        ushort[] halves = [.. Enumerable.Range(0, ushort.MaxValue + 2).Select(bits => (ushort)bits)];
        using var folder = new TemporaryFolder();
        using MappedFile file = MappedFile.Open(folder.Write("halves", MemoryMarshal.AsBytes<ushort>(halves).ToArray()));
        var floats = new float[halves.Length];

        TensorRows.Decode(GgmlType.F16, file, 0, floats);

        // A NaN is one again; which of its bits mean what is nobody's business.
        Assert.Equal([.. halves.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))], floats);
        Assert.True(float.IsNegative(floats[0x8000]));
    }
}
