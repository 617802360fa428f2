namespace ZImage.Engine.Sampling;

/// <summary>
/// The noise scale of flow matching: x(sigma) = (1 - sigma) * image + sigma * noise, so sigma runs from 1 (noise) to 0
/// (image), and the model predicts the velocity v = noise - image. All arithmetic is float32, as in the reference programs.
/// </summary>
public static class FlowMatching
{
    /// <summary>The number of discrete timesteps that schedules written for diffusion models count in.</summary>
    public const int TrainTimesteps = 1000;

    /// <summary>Moves a time in [0, 1] towards noise: shift * t / (1 + (shift - 1) * t). Shift 1 changes nothing.</summary>
    public static float ShiftTime(float time, float shift) => shift * time / (1 + (shift - 1) * time);

    /// <summary>The sigma of a discrete timestep in [0, 999], which may be fractional.</summary>
    public static float TimestepToSigma(float timestep, float shift) => ShiftTime((timestep + 1) / TrainTimesteps, shift);

    /// <summary>The sigma of timestep 0, where schedules end that cannot reach sigma 0 itself.</summary>
    public static float LowestSigma(float shift) => TimestepToSigma(0, shift);

    /// <summary>The time the transformer is given: 0 at pure noise, 1 at the image.</summary>
    public static float ModelTime(float sigma) => 1 - sigma;
}
