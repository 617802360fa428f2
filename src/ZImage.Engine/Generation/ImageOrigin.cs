using ZImage.Engine.Checkpoints;
using ZImage.Engine.Imaging;
using ZImage.Engine.Memory;
using ZImage.Engine.Models;
using ZImage.Ggml;

namespace ZImage.Engine.Generation;

/// <summary>
/// What computed an image. Where images of the same request and model differ, it is for one of these. What an image file does not say is null.
/// </summary>
public sealed record ImageOrigin
{
    /// <summary>What <see cref="Software"/> begins with.</summary>
    internal const string Program = "ZImage";

    /// <summary>The program and its version, for example <c>ZImage 0.1.0</c>.</summary>
    public string? Software { get; init; }

    /// <summary>Version of ggml.</summary>
    public string? GgmlVersion { get; init; }

    /// <summary>Short name of the device: CPU, CUDA0, Vulkan0.</summary>
    public string? Device { get; init; }

    /// <summary>The device's own name.</summary>
    public string? DeviceName { get; init; }

    /// <summary>Version of the card's driver.</summary>
    public string? Driver { get; init; }

    /// <summary>Kernels that were chosen for this machine: ggml's library for the processor, and how a Vulkan device computes convolutions.</summary>
    public string? Kernels { get; init; }

    /// <summary>The device of the text encoder, where it is another one.</summary>
    public string? TextEncoderDevice { get; init; }

    /// <summary>The device of the autoencoder, where it is another one.</summary>
    public string? VaeDevice { get; init; }

    /// <summary>The mode of the plan. All of them draw the same picture.</summary>
    public OffloadMode? OffloadMode { get; init; }

    /// <summary>How often the plan was changed in the middle of the run.</summary>
    public int? StepsDown { get; init; }

    /// <summary>How the picture passed through the autoencoder. Whole and in strips it is the same.</summary>
    public ImageMethod? Decoding { get; init; }

    /// <summary>The tiles, where it passed in tiles.</summary>
    public ImageTiles? Tiles { get; init; }

    /// <summary>Reads what <see cref="ToString"/> has written.</summary>
    public static ImageOrigin Parse(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in SettingsLine.Split(text) ?? [])
            settings.TryAdd(name, value);
        return new RecordedSettings(settings).Origin();
    }

    /// <summary>What speaks for another picture when one is drawn again: a sentence for each thing that was so and is not now.</summary>
    /// <param name="now">What computes now.</param>
    public IReadOnlyList<string> DifferencesTo(ImageOrigin now)
    {
        var found = new List<string>();
        Compare("Version", Software, now.Software);
        Compare("ggml", GgmlVersion, now.GgmlVersion);
        bool sameDevice = Compare("Device", Describe(this), Describe(now), Family(this) == Family(now) && (DeviceName is null || now.DeviceName is null || DeviceName == now.DeviceName));
        if (sameDevice)
        {
            Compare("Driver", Driver, now.Driver);
            Compare("Kernels", Kernels, now.Kernels);
        }
        // A file that does not say how its picture was decoded does not say the rest either.
        if (Decoding is not null)
        {
            Compare("Text encoder", On(TextEncoderDevice), On(now.TextEncoderDevice));
            Compare("Autoencoder", On(VaeDevice), On(now.VaeDevice));
            Compare("Decoding", Tiles?.ToString() ?? "exact", now.Tiles?.ToString() ?? "exact");
        }
        return found;

        bool Compare(string what, string? then, string? today, bool? same = null)
        {
            if (then is null || today is null || (same ?? then == today))
                return true;
            found.Add($"{what}: it was {then}, and is {today} now.");
            return false;
        }
    }

    public override string ToString() => SettingsLine.Write(ImageParameters.Describe(this));

    /// <summary>What computes on the devices of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="mode">The mode of the plan that was followed.</param>
    /// <param name="way">How the picture was decoded.</param>
    /// <param name="stepsDown">How often the plan was changed.</param>
    internal static ImageOrigin Of(LoadedModel model, OffloadMode mode, ImageWay way, int stepsDown)
    {
        Device textEncoder = model.MemoryOf(ComponentKind.TextEncoder).Backend.Device, autoencoder = model.MemoryOf(ComponentKind.Autoencoder).Backend.Device;
        var kernels = new List<string>();
        if (new[] { model.Device, textEncoder, autoencoder }.Any(device => device.Backend == BackendKind.Cpu))
            kernels.Add(Devices.CpuKernels);
        if (autoencoder.Backend == BackendKind.Vulkan)
            kernels.Add(model.Autoencoder.ConvolutionPath.IsDirect ? "direct convolutions" : "gathered convolutions");
        return new ImageOrigin
        {
            Software = $"{Program} {typeof(ImageOrigin).Assembly.GetName().Version?.ToString(3)}",
            GgmlVersion = Devices.GgmlVersion,
            Device = model.Device.Name,
            DeviceName = model.Device.Description.Trim(),
            Driver = DisplayDriver.VersionOf(model.Device),
            Kernels = kernels.Count == 0 ? null : string.Join(" + ", kernels),
            TextEncoderDevice = textEncoder.Name == model.Device.Name ? null : textEncoder.Name,
            VaeDevice = autoencoder.Name == model.Device.Name ? null : autoencoder.Name,
            OffloadMode = mode,
            StepsDown = stepsDown,
            Decoding = way.Method,
            Tiles = way.Method == ImageMethod.Tiles ? new ImageTiles(way.TileSize, way.Overlap) : null,
        };
    }

    private static string? Describe(ImageOrigin origin) => origin.DeviceName is null ? origin.Device : $"{origin.Device} ({origin.DeviceName})";

    // Another card of the same make computes the same.
    private static string? Family(ImageOrigin origin) => origin.Device?.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').ToUpperInvariant();

    private static string On(string? device) => device is null ? "on the same device" : $"on {device}";
}
