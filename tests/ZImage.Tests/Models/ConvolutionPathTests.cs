using ZImage.Engine;
using ZImage.Engine.Models;

namespace ZImage.Tests.Models;

/// <summary>The way of convolutions that was measured once.</summary>
[Collection(TestCache.Name)]
public sealed class ConvolutionPathTests
{
    [Fact]
    public void What_was_measured_is_remembered()
    {
        string key = Guid.NewGuid().ToString();
        int measured = 0;
        ConvolutionPath Measure()
        {
            measured++;
            return new ConvolutionPath(true, 1.5);
        }
        Assert.Equal(Measure(), ConvolutionPath.Remembered(key, Measure));
        Assert.Equal(Measure(), ConvolutionPath.Remembered(key, () => new ConvolutionPath(false, 0.5)));
        Assert.Equal(3, measured);
        // A damaged file is as good as none.
        foreach (string file in Directory.GetFiles(CacheFolder.Convolutions).Where(file => File.ReadAllText(file) == "direct 1.500"))
            File.WriteAllText(file, "damaged");
        Assert.Equal(new ConvolutionPath(false, 0.5), ConvolutionPath.Remembered(key, () => new ConvolutionPath(false, 0.5)));
    }
}
