namespace ZImage.Engine.Sampling.Schedules;

/// <summary>
/// Two arc tangent curves that meet halfway between 1 and the lowest timestep, after three fifths of the steps: short steps at
/// both ends, long ones in the middle. A single step starts at the middle.
/// </summary>
/// <remarks>A schedule of the community, from the RES4LYF nodes for ComfyUI.</remarks>
public sealed class BongTangentSchedule : ISigmaSchedule
{
    private const float Pivot = 0.6f;
    private const float Steepness = 8;

    public string Name => "bong_tangent";

    public IReadOnlyList<string> OtherNames => ["bong"];

    public string Description => "Short steps at both ends, long ones in the middle.";

    public float[] Sigmas(int steps, float shift, int latentPixels)
    {
        ScheduleArguments.Check(steps, shift, latentPixels);
        float end = FlowMatching.LowestSigma(shift);
        float middle = end + (1 - end) / 2;
        int points = steps + 2;
        int firstPoints = (int)(points * Pivot);
        float slope = Steepness / points;

        // The first curve gives its last point to the second one, and the last point of that is 0 instead.
        var sigmas = new float[steps + 1];
        for (int i = 0; i < firstPoints - 1; i++)
            sigmas[i] = Curve(i, firstPoints, slope, firstPoints, 1, middle);
        for (int i = firstPoints - 1; i < steps; i++)
            sigmas[i] = Curve(i - firstPoints + 1, points - firstPoints, slope, 0, middle, end);
        return sigmas;
    }

    // Point i of an arc tangent around the pivot, stretched so that its points run from start to end.
    private static float Curve(int i, int points, float slope, int pivot, float start, float end)
    {
        float At(int point) => MathF.Atan(slope * (pivot - point));
        float last = At(points - 1);
        return (At(i) - last) / (At(0) - last) * (start - end) + end;
    }
}
