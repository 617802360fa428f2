using System.Management.Automation;
using ZImage.Ggml;
using ZImage.PowerShell.Completion;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>
/// Lists the devices that can draw: the CPU, and the graphics cards that CUDA and Vulkan find. A backend that cannot be used
/// is listed too, with the reason and what to do.
/// </summary>
[Cmdlet(VerbsCommon.Get, "ZDevice")]
[OutputType(typeof(Device))]
public sealed class GetZDeviceCommand : ZImageCmdlet
{
    /// <summary>Names of devices, for example CPU or CUDA*; wildcards are allowed. All devices when left out.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(DeviceNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    protected override void ProcessRecord()
    {
        IReadOnlyList<Device> devices = ListDevices();
        KnownDevices.Remember(devices);
        foreach (string name in Name)
            Report(() => WriteObject(Match(devices, name), enumerateCollection: true));
    }

    private static List<Device> Match(IReadOnlyList<Device> devices, string pattern)
    {
        var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase);
        List<Device> found = [.. devices.Where(device => wildcard.IsMatch(device.Name))];
        return found.Count > 0 || WildcardPattern.ContainsWildcardCharacters(pattern)
            ? found
            : throw new DeviceNotFoundException(pattern, string.Join(", ", devices.Where(device => device.IsAvailable).Select(device => device.Name)));
    }

    private IReadOnlyList<Device> ListDevices()
    {
        var log = new List<string>();
        IReadOnlyList<Device> devices;
        using (GgmlLog.Use((_, line) => log.Add(line)))
            devices = Devices.List();
        log.ForEach(WriteDebug);
        return devices;
    }
}
