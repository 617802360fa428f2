using System.Text;

namespace ZImage.Tests.Demo;

/// <summary>What the judge sees in a picture; "nothing" where it cannot tell.</summary>
public sealed record DemoVerdict(string Subject, string Colour, string Background);

/// <summary>
/// Says what a picture of the demo model shows: the subject by a small convolutional network that was trained apart from the
/// model, the colours by counting pixels. Plain loops, so that it runs wherever the tests run.
/// </summary>
public sealed class DemoJudge
{
    /// <summary>Width and height of the pictures in pixels.</summary>
    public const int PictureSize = 128;

    /// <summary>Width and height of the network's input.</summary>
    public const int InputSize = 32;

    /// <summary>Channels of the network's input: what is not background, and what has the subject's colour.</summary>
    public const int InputChannels = 2;

    /// <summary>The answer for a picture that shows none of the subjects.</summary>
    public const string Nothing = "nothing";

    private const int Border = 4;
    private const int BackgroundDistance = 45;
    private const int ColourDistance = 80;

    private readonly Layer[] _convolutions;
    private readonly Layer _output;

    private DemoJudge(Layer[] convolutions, Layer output) => (_convolutions, _output) = (convolutions, output);

    /// <summary>The subjects in the order of the network's outputs; the last output means nothing.</summary>
    public static IReadOnlyList<string> Subjects { get; } =
        ["cat", "fish", "house", "tree", "car", "boat", "flower", "star", "bird", "heart", "moon", "mushroom"];

    private static readonly (string Name, int Red, int Green, int Blue)[] _colours =
    [
        ("red", 220, 40, 40), ("orange", 245, 135, 25), ("yellow", 250, 220, 50), ("green", 50, 160, 70), ("blue", 50, 90, 215),
        ("purple", 155, 60, 190), ("pink", 250, 150, 195), ("brown", 125, 75, 40), ("black", 22, 22, 24), ("white", 250, 250, 250),
    ];

    /// <summary>Reads the network from its GGUF file.</summary>
    public static DemoJudge Load(string path)
    {
        var tensors = ReadTensors(path);
        var convolutions = Enumerable.Range(0, 3).Select(i => new Layer(tensors[$"conv{i}.weight"], tensors[$"conv{i}.bias"])).ToArray();
        return new DemoJudge(convolutions, new Layer(tensors["output.weight"], tensors["output.bias"]));
    }

    /// <summary>Judges a picture of 128 x 128 pixels given as RGB bytes, rows from the top.</summary>
    public DemoVerdict Judge(ReadOnlySpan<byte> rgb)
    {
        var (input, colour, background) = Look(rgb);
        return new DemoVerdict(Subject(input), colour, background);
    }

    /// <summary>The network's input for a picture, and the two colours by their pixels.</summary>
    public static (float[] Input, string Colour, string Background) Look(ReadOnlySpan<byte> rgb)
    {
        if (rgb.Length != PictureSize * PictureSize * 3)
        {
            throw new ArgumentException($"The judge looks at pictures of {PictureSize}x{PictureSize} RGB pixels.", nameof(rgb));
        }

        var background = BorderColour(rgb);
        var foreground = new bool[PictureSize * PictureSize];
        var nearest = new int[foreground.Length];
        var counts = new int[_colours.Length];
        for (var i = 0; i < foreground.Length; i++)
        {
            var pixel = (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
            nearest[i] = Nearest(pixel, out var distance);
            foreground[i] = Distance(pixel, background) > BackgroundDistance;
            if (foreground[i] && distance < ColourDistance)
            {
                counts[nearest[i]]++;
            }
        }

        // The subject's body has more pixels than its eyes, windows or wheels.
        var colour = Array.IndexOf(counts, counts.Max());
        var input = new float[InputChannels * InputSize * InputSize];
        const int cell = PictureSize / InputSize;
        for (var y = 0; y < PictureSize; y++)
        {
            for (var x = 0; x < PictureSize; x++)
            {
                var i = y * PictureSize + x;
                if (foreground[i])
                {
                    var at = y / cell * InputSize + x / cell;
                    input[at] += 1f / (cell * cell);
                    if (nearest[i] == colour)
                    {
                        input[InputSize * InputSize + at] += 1f / (cell * cell);
                    }
                }
            }
        }

        return (input, counts[colour] == 0 ? Nothing : _colours[colour].Name, BackgroundName(rgb, background));
    }

    // The median of each channel over a frame of pixels.
    private static (byte Red, byte Green, byte Blue) BorderColour(ReadOnlySpan<byte> rgb)
    {
        var channels = new List<byte>[] { [], [], [] };
        for (var i = 0; i < PictureSize * PictureSize; i++)
        {
            if (IsBorder(i))
            {
                for (var c = 0; c < 3; c++)
                {
                    channels[c].Add(rgb[3 * i + c]);
                }
            }
        }

        foreach (var channel in channels)
        {
            channel.Sort();
        }

        return (channels[0][channels[0].Count / 2], channels[1][channels[1].Count / 2], channels[2][channels[2].Count / 2]);
    }

    // A background has a name only if nearly all of the frame has its colour.
    private static string BackgroundName(ReadOnlySpan<byte> rgb, (byte, byte, byte) background)
    {
        var (total, alike) = (0, 0);
        for (var i = 0; i < PictureSize * PictureSize; i++)
        {
            if (IsBorder(i))
            {
                total++;
                alike += Distance((rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]), background) <= BackgroundDistance ? 1 : 0;
            }
        }

        var name = _colours[Nearest(background, out var distance)].Name;
        return distance < ColourDistance && alike >= 0.9 * total ? name : Nothing;
    }

    private static bool IsBorder(int pixel)
    {
        var (y, x) = (pixel / PictureSize, pixel % PictureSize);
        return Math.Min(Math.Min(x, y), PictureSize - 1 - Math.Max(x, y)) < Border;
    }

    private static int Nearest((byte Red, byte Green, byte Blue) pixel, out double distance)
    {
        var best = 0;
        distance = double.MaxValue;
        for (var i = 0; i < _colours.Length; i++)
        {
            var d = Distance(pixel, ((byte)_colours[i].Red, (byte)_colours[i].Green, (byte)_colours[i].Blue));
            if (d < distance)
            {
                (best, distance) = (i, d);
            }
        }

        return best;
    }

    private static double Distance((byte Red, byte Green, byte Blue) a, (byte Red, byte Green, byte Blue) b)
    {
        var (red, green, blue) = (a.Red - b.Red, a.Green - b.Green, a.Blue - b.Blue);
        return Math.Sqrt(red * red + green * green + blue * blue);
    }

    private string Subject(float[] input)
    {
        var (values, channels, size) = (input, InputChannels, InputSize);
        foreach (var layer in _convolutions)
        {
            values = HalfSize(Convolve(values, channels, size, layer), layer.Outputs, size);
            (channels, size) = (layer.Outputs, size / 2);
        }

        var best = 0;
        var bestScore = float.NegativeInfinity;
        for (var o = 0; o < _output.Outputs; o++)
        {
            var score = _output.Bias[o];
            for (var i = 0; i < values.Length; i++)
            {
                score += values[i] * _output.Weight[o * values.Length + i];
            }

            if (score > bestScore)
            {
                (best, bestScore) = (o, score);
            }
        }

        return best < Subjects.Count ? Subjects[best] : Nothing;
    }

    // A 3x3 convolution with zeros around, and a rectifier.
    private static float[] Convolve(float[] input, int channels, int size, Layer layer)
    {
        var output = new float[layer.Outputs * size * size];
        for (var o = 0; o < layer.Outputs; o++)
        {
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                {
                    var sum = layer.Bias[o];
                    for (var c = 0; c < channels; c++)
                    {
                        for (var ky = Math.Max(0, 1 - y); ky < Math.Min(3, size + 1 - y); ky++)
                        {
                            for (var kx = Math.Max(0, 1 - x); kx < Math.Min(3, size + 1 - x); kx++)
                            {
                                sum += input[(c * size + y + ky - 1) * size + x + kx - 1]
                                    * layer.Weight[((o * channels + c) * 3 + ky) * 3 + kx];
                            }
                        }
                    }

                    output[(o * size + y) * size + x] = Math.Max(0, sum);
                }
            }
        }

        return output;
    }

    // The largest of each 2x2 values.
    private static float[] HalfSize(float[] input, int channels, int size)
    {
        var half = size / 2;
        var output = new float[channels * half * half];
        for (var i = 0; i < output.Length; i++)
        {
            var at = (i / (half * half) * size + i / half % half * 2) * size + i % half * 2;
            output[i] = Math.Max(Math.Max(input[at], input[at + 1]), Math.Max(input[at + size], input[at + size + 1]));
        }

        return output;
    }

    // The float32 tensors of a GGUF file that has numbers and strings as metadata.
    private static Dictionary<string, float[]> ReadTensors(string path)
    {
        var bytes = File.ReadAllBytes(path);
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        reader.BaseStream.Position = 8;
        var (tensorCount, metadataCount) = (reader.ReadInt64(), reader.ReadInt64());
        for (var i = 0; i < metadataCount; i++)
        {
            ReadString(reader);
            if (reader.ReadUInt32() != 8)
            {
                throw new InvalidDataException($"{path} is not a judge's file: its metadata are strings only.");
            }

            ReadString(reader);
        }

        var tensors = new List<(string Name, long Count, long Offset)>();
        for (var i = 0; i < tensorCount; i++)
        {
            var name = ReadString(reader);
            long count = 1;
            for (var dimensions = reader.ReadUInt32(); dimensions > 0; dimensions--)
            {
                count *= reader.ReadInt64();
            }

            _ = reader.ReadUInt32();
            tensors.Add((name, count, reader.ReadInt64()));
        }

        var start = (reader.BaseStream.Position + 31) / 32 * 32;
        var values = new Dictionary<string, float[]>();
        foreach (var (name, count, offset) in tensors)
        {
            values[name] = new float[count];
            Buffer.BlockCopy(bytes, (int)(start + offset), values[name], 0, (int)count * sizeof(float));
        }

        return values;
    }

    private static string ReadString(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadInt64()));

    private sealed record Layer(float[] Weight, float[] Bias)
    {
        public int Outputs => Bias.Length;
    }
}
