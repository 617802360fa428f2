using System.Management.Automation;
using ZImage.Engine.Sampling.Noise;
using ZImage.PowerShell.Binding;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>A cmdlet that is told how to draw, and from which noise.</summary>
public abstract class SeededRequestCmdlet : RequestCmdlet
{
    /// <summary>
    /// Seed of the noise an image starts from: the same seed and settings give the same image. When left out, New-ZImage takes a random one, and
    /// Measure-ZGeneration takes 42 for all runs, so that their pictures can be compared.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalNumber<long>]
    public long? Seed { get; set; }

    /// <summary>Random generator that the seed is for: Cuda has the seeds of stable-diffusion.cpp, Cpu those of ComfyUI and diffusers.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [OptionalChoice<NoiseGenerator>]
    public NoiseGenerator? Rng { get; set; }
}
