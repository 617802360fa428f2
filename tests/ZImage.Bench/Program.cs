using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using ZImage;
using ZImage.Bench;

// What bench.ps1 needs beside the cmdlets; each result is one line of JSON.
try
{
    return Run(args);
}
catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException or ArgumentException or Win32Exception or ZImageException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static int Run(string[] args)
{
    switch (args)
    {
        case ["models", var size, var folder, var tokenizer]:
            ModelSet.Write(size, folder, tokenizer);
            return 0;
        case ["run", var program, .. var arguments]:
            Write(MeasuredProcess.Run(program, arguments));
            return 0;
        case ["peer", var program, .. var arguments]:
            MeasuredProcess peer = MeasuredProcess.Run(program, arguments);
            Write(new { peer.Seconds, peer.PeakBytes, Times = PeerLog.Read(peer.Lines) });
            return 0;
        case ["graphs" or "profile", var folder, var device, var threads, var pixels]:
            Write(GraphProfile.Of(folder, device, int.Parse(threads, CultureInfo.InvariantCulture), int.Parse(pixels, CultureInfo.InvariantCulture), args[0] == "profile"));
            return 0;
        case ["parts", var folder, var report]:
            return PartBenchmarks.Run(folder, report);
        default:
            Console.Error.WriteLine("This program is used by ./build.ps1 bench.");
            return 64;
    }
}

static void Write<T>(T result) => Console.WriteLine(JsonSerializer.Serialize(result));
