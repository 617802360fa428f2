namespace ZImage.Engine.Sampling.Noise;

/// <summary>Which random generator turns a seed into noise.</summary>
public enum NoiseGenerator
{
    /// <summary>Philox, as torch has it on CUDA: the seeds of stable-diffusion.cpp.</summary>
    Cuda,

    /// <summary>Mersenne twister, as torch has it on the CPU: the seeds of ComfyUI and diffusers.</summary>
    Cpu,
}
