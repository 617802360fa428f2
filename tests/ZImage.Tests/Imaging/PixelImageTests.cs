using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ZImage.Engine.Checkpoints;
using ZImage.Engine.Imaging;
using ZImage.Tests.Checkpoints;

namespace ZImage.Tests.Imaging;

public sealed class PixelImageTests
{
    [Fact]
    public void PlanesBecomeInterleavedRoundedBytes()
    {
        // A step of 1/127.5 in the decoder's range is one of 255 steps; halves go to the even number.
        float[] planes =
        [
            -1f, 1f, 0f, -3f,
            3f, -0.5f, 0.5f, -1f,
            0.25f, -0.25f, 1f / 255f, -1f / 255f,
        ];
        var image = PixelImage.FromDecoder(planes, 2, 2);

        Assert.Equal([0, 255, 159, 255, 64, 96, 128, 191, 128, 0, 0, 127], image.Rgb);
    }

    [Fact]
    public void TheHashIsThatOfThePixelBytes()
    {
        PixelImage image = TestPictures.Noise(5, 4);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(image.Rgb)), image.PixelHash);
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".Length, image.PixelHash.Length);
        Assert.Equal(image.PixelHash, new PixelImage(5, 4, (byte[])image.Rgb.Clone()).PixelHash);
        Assert.NotEqual(image.PixelHash, TestPictures.Noise(5, 4, seed: 2).PixelHash);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void OneValueThatIsNoNumberSpoilsTheImage(float value)
    {
        float[] planes = Varied();
        planes[37] = value;

        DegenerateImageException fault = Assert.Throws<DegenerateImageException>(() => PixelImage.FromDecoder(planes, 8, 8));
        Assert.Equal("DegenerateImage", fault.ErrorId);
        Assert.Contains($"1 of its {planes.Length} values", fault.Reason, StringComparison.Ordinal);
        Assert.Equal(1, DecodedPlanes.CountNotFinite(planes));
    }

    [Theory]
    [InlineData(0f, 0f)]
    [InlineData(-1f, 0f)]
    [InlineData(0.3f, 0.003f)]
    [InlineData(5f, 2f)]
    public void AnImageWithoutVariationIsNone(float mean, float spread)
    {
        float[] planes = [.. Varied().Select(value => mean + spread * value)];

        Assert.False(DecodedPlanes.HasVariation(planes));
        Assert.Throws<DegenerateImageException>(() => PixelImage.FromDecoder(planes, 8, 8));
    }

    [Fact]
    public void VariationInOnePlaneIsEnough()
    {
        float[] planes = new float[3 * 64];
        planes[100] = 0.02f;

        Assert.True(DecodedPlanes.HasVariation(planes));
        Assert.Equal(64, PixelImage.FromDecoder(planes, 8, 8).Rgb.Length / 3);
    }

    [Fact]
    public void SizesThatDoNotFitAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new PixelImage(2, 2, new byte[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PixelImage(0, 2, []));
        Assert.Throws<ArgumentException>(() => PixelImage.FromDecoder(new float[13], 2, 2));
    }

    [Fact]
    [Trait("Category", "Golden")]
    public void GoldenDecoderOutputsBecomeTheGoldenPixels()
    {
        using Checkpoint cases = Checkpoint.Open(Path.Combine(GoldenFolder.Path, "e2e-cases.gguf"));
        CheckpointTensor[] images = [.. cases.Tensors.Values.Where(tensor => cases.Tensors.ContainsKey($"{tensor.Name}_u8"))];

        Assert.NotEmpty(images);
        foreach (CheckpointTensor image in images)
        {
            (int width, int height) = ((int)image.Ne(0), (int)image.Ne(1));
            float[] expected = MemoryMarshal.Cast<byte, float>(cases.Tensors[$"{image.Name}_u8"].Data).ToArray();
            var pixels = PixelImage.FromDecoder(MemoryMarshal.Cast<byte, float>(image.Data), width, height);
            float[] differences = [.. pixels.Rgb.Select((value, i) => Math.Abs(value - expected[i]))];
            Assert.True(differences.Max() <= 1);
            // A value on the edge between two colours may fall to either side.
            Assert.InRange(differences.Count(difference => difference != 0), 0, differences.Length / 1000);
        }
    }

    private static float[] Varied() => [.. Enumerable.Range(0, 3 * 64).Select(i => MathF.Sin(i))];
}
