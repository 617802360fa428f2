using System.Globalization;

namespace ZImage.Engine.Sampling;

/// <summary>The noise levels that a run really passes through.</summary>
public static class NoiseLevels
{
    private static readonly char[] s_separators = [' ', '\t', '\r', '\n', ',', ';', '[', ']'];

    /// <summary>
    /// The levels of a schedule, each once: some schedules repeat levels when there are many steps, and a step that goes
    /// nowhere would cost a model call, or divide by its length. So there may be fewer steps than were asked for.
    /// </summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="steps">Number of steps, at least 1.</param>
    /// <param name="shift">Flow shift, above 0.</param>
    /// <param name="latentPixels">Size of the image in pixels of the latent.</param>
    public static float[] Of(ISigmaSchedule schedule, int steps, float shift, int latentPixels)
    {
        float[] all = schedule.Sigmas(steps, shift, latentPixels);
        return [all[0], .. all.Skip(1).Where((sigma, i) => sigma < all[i])];
    }

    /// <summary>A list of one's own. Where it ends above 0, a last step to 0 is added: an image has no noise.</summary>
    /// <param name="list">Falling levels, the first above 0 and at most 1.</param>
    /// <returns>Null when the list does not do.</returns>
    public static float[]? Of(IReadOnlyList<float> list)
    {
        if (list.Count == 0 || !(list[0] > 0 && list[0] <= 1) || !(list[^1] >= 0))
            return null;
        for (int i = 1; i < list.Count; i++)
        {
            if (!(list[i] < list[i - 1]))
                return null;
        }
        return list[^1] > 0 ? [.. list, 0] : [.. list];
    }

    /// <summary>The levels as a text that can be given again: numbers with blanks between them.</summary>
    public static string Text(IEnumerable<float> levels) => string.Join(' ', levels.Select(level => level.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads what <see cref="Text"/> gives, also with commas or semicolons in place of the blanks, and with brackets.</summary>
    /// <param name="text">Numbers in the invariant culture.</param>
    /// <param name="wrong">The first part that is no number; null when all are.</param>
    /// <returns>Null when a part is no number.</returns>
    public static float[]? Parse(string text, out string? wrong)
    {
        var levels = new List<float>();
        foreach (string part in text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float level))
            {
                wrong = part;
                return null;
            }
            levels.Add(level);
        }
        wrong = null;
        return [.. levels];
    }
}
