using System.Text;
using ZImage.Host;

if (OperatingSystem.IsWindows())
{
    Console.OutputEncoding = Encoding.UTF8;
}

try
{
    HostOptions options = HostOptions.Parse(args);
    if (options.ShowHelp)
    {
        Console.WriteLine(HostOptions.Help);
        return 0;
    }

    using var shell = new Shell(options.NonInteractive);
    return shell.Run(options);
}
catch (HostUsageException e)
{
    Console.Error.WriteLine($"ZImage.Host: {e.Message}");
    return 64;
}
