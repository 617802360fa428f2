namespace ZImage.Engine.Sampling;

/// <summary>Decides at which noise levels the model is asked.</summary>
public interface ISigmaSchedule
{
    /// <summary>The name users type, in the spelling of stable-diffusion.cpp where it has the schedule.</summary>
    string Name { get; }

    /// <summary>What other programs call it, beside spellings of the name.</summary>
    IReadOnlyList<string> OtherNames => [];

    /// <summary>One line for those who choose: where the steps lie.</summary>
    string Description { get; }

    /// <summary>False for a schedule that does not look at the shift.</summary>
    bool UsesShift => true;

    /// <summary>The noise levels of a run, falling from 1 (or just below) to exactly 0: steps + 1 values, or fewer where the schedule says so.</summary>
    /// <param name="steps">Number of steps, at least 1.</param>
    /// <param name="shift">Flow shift, above 0; 3 is what Z-Image was made with.</param>
    /// <param name="latentPixels">Size of the image in pixels of the latent, width times height, at least 1.</param>
    float[] Sigmas(int steps, float shift, int latentPixels);
}
