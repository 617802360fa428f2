using ZImage.Engine.Memory;
using ZImage.Ggml;

namespace ZImage.Engine.Models;

/// <summary>
/// Statistics of a whole image for the group norm of the next pass: a pass notes the mean and the sum of squares of every row and channel that it
/// writes, and these are put together on the host.
/// </summary>
/// <param name="state">Where the notes lie.</param>
/// <param name="rows">Most rows times channels of an image that is normalised.</param>
/// <param name="channels">Most channels.</param>
/// <param name="layout">How images lie.</param>
internal sealed class GroupStatistics(StateBuffer state, int rows, int channels, ImageLayout layout)
{
    public const int Groups = 32;
    public const float Eps = 1e-6f;

    private readonly Tensor _means = state.Add("row_means", GgmlType.F32, rows);
    private readonly Tensor _squares = state.Add("row_squares", GgmlType.F32, rows);
    private readonly Tensor _mean = state.Add("mean", GgmlType.F32, channels);
    private readonly Tensor _scale = state.Add("scale", GgmlType.F32, channels);

    /// <summary>Mean of each channel's group, and 1 / deviation: [C] each.</summary>
    public (Tensor Mean, Tensor Scale) Channels(Context c, int count) => (View(c, _mean, count), View(c, _scale, count));

    /// <summary>The notes of a strip.</summary>
    public (MovingRows Means, MovingRows Squares) Rows(Context c, ImageShape image, int count)
    {
        return (Notes(_means), Notes(_squares));

        MovingRows Notes(Tensor all) => new(state, all, layout.Notes(c, image, count), layout.NoteStrides(image).Row * sizeof(float));
    }

    /// <summary>Adds what notes the rows of a strip.</summary>
    public void Note(StripGraph strip, Tensor values, MovingRows means, MovingRows squares)
    {
        (Tensor mean, Tensor square) = layout.RowStatistics(strip.Context, values);
        strip.Write(mean, means);
        strip.Write(square, squares);
    }

    /// <summary>Puts the notes of an image together for the pass that normalises it.</summary>
    public void Combine(ImageShape image)
    {
        int count = image.Height * image.Channels, group = image.Channels / Groups;
        (int rowStride, int channelStride) = layout.NoteStrides(image);
        var means = new float[count];
        var squares = new float[count];
        _means.Get<float>(means);
        _squares.Get<float>(squares);
        var mean = new float[image.Channels];
        var scale = new float[image.Channels];
        for (int first = 0; first < image.Channels; first += group)
        {
            (double m, double variance) = Combine(Group(means, first), Group(squares, first), image.Width);
            mean.AsSpan(first, group).Fill((float)m);
            scale.AsSpan(first, group).Fill((float)(1 / Math.Sqrt(variance + Eps)));
        }
        _mean.Set<float>(mean);
        _scale.Set<float>(scale);

        float[] Group(float[] notes, int first)
        {
            var own = new float[group * image.Height];
            for (int i = 0; i < own.Length; i++)
                own[i] = notes[(first + i / image.Height) * channelStride + i % image.Height * rowStride];
            return own;
        }
    }

    /// <summary>Mean and variance of rows of the same length, from the mean and the centred sum of squares of each.</summary>
    internal static (double Mean, double Variance) Combine(ReadOnlySpan<float> means, ReadOnlySpan<float> squares, int length)
    {
        double mean = 0, sum = 0;
        foreach (float m in means)
            mean += m;
        mean /= means.Length;
        for (int i = 0; i < means.Length; i++)
            sum += squares[i] + length * (means[i] - mean) * (means[i] - mean);
        return (mean, sum / ((double)length * means.Length));
    }

    private static Tensor View(Context c, Tensor vector, int count) => c.View(vector, count, 1, 1, 1, vector.Nb(1), vector.Nb(1), vector.Nb(1), 0);
}
