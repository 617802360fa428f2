namespace ZImage.Engine.Sampling;

/// <summary>Decides at which noise levels the model is asked.</summary>
public interface ISigmaSchedule
{
    /// <summary>The name users type, in the spelling of stable-diffusion.cpp where it has the schedule.</summary>
    string Name { get; }

    /// <summary>The noise levels of a run: steps + 1 values that fall from 1 (or just below) to exactly 0.</summary>
    /// <param name="steps">Number of steps, at least 1.</param>
    /// <param name="shift">Flow shift, above 0; 3 is what Z-Image was made with.</param>
    float[] Sigmas(int steps, float shift);
}
