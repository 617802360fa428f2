namespace ZImage.Engine.Generation;

/// <summary>The names of settings in an image file: those that other image programs use, where they have one.</summary>
internal static class SettingName
{
    public const string Steps = "Steps";
    public const string Sampler = "Sampler";
    public const string Scheduler = "Schedule type";
    public const string Sigmas = "Sigmas";
    public const string CfgScale = "CFG scale";
    public const string Shift = "Shift";
    public const string Seed = "Seed";
    public const string Size = "Size";
    public const string ModelHash = "Model hash";
    public const string Model = "Model";
    public const string TextEncoderHash = "Text encoder hash";
    public const string VaeHash = "VAE hash";
    public const string Eta = "Eta";
    public const string Rng = "RNG";
    public const string PixelHash = "Pixel hash";
    public const string Device = "Device";
    public const string DeviceName = "Device name";
    public const string Driver = "Driver";
    public const string Kernels = "Kernels";
    public const string TextEncoderDevice = "Text encoder device";
    public const string VaeDevice = "VAE device";
    public const string Offload = "Offload";
    public const string StepsDown = "Steps down";
    public const string Decoding = "Decoding";
    public const string TileSize = "VAE tile size";
    public const string TileOverlap = "VAE tile overlap";
    public const string Ggml = "ggml";
    public const string Version = "Version";
}
