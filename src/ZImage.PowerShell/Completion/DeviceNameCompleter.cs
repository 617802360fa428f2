namespace ZImage.PowerShell.Completion;

/// <summary>Completes device names without loading a backend.</summary>
public sealed class DeviceNameCompleter : NameCompleter
{
    private protected override IEnumerable<(string Name, string ToolTip)> Candidates => KnownDevices.Names.Select(name => (name, Describe(name)));

    private static string Describe(string name) => name switch
    {
        "Auto" => "The first of CUDA, Vulkan, CPU that works",
        "CPU" => "The processor",
        _ => $"Graphics card {name}",
    };
}
