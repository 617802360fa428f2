using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ZImage.Tests.Hosting;

/// <summary>A program run to its end in a process of its own.</summary>
internal sealed record ChildProcess(int ExitCode, string Output, string Error)
{
    // winerror.h: ERROR_INTERNAL_ERROR.
    private const int InternalError = 1359;
    private const int MostStarts = 3;

    /// <summary>The pwsh that was built with the tests.</summary>
    public static string HostProgram { get; } =
        Path.Combine(AppContext.BaseDirectory, "pwsh" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    /// <summary>Begins a script whose output has letters that not every system's own encoding has.</summary>
    public const string WriteUtf8 = "[Console]::OutputEncoding = [Text.UTF8Encoding]::new();\n";

    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Output.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    /// <param name="arguments">Beside -NoProfile and -NonInteractive.</param>
    public static Task<ChildProcess> RunHostAsync(params string[] arguments) => RunAsync(HostProgram, ["-NoProfile", "-NonInteractive", .. arguments]);

    /// <param name="input">What the program reads from standard input.</param>
    /// <param name="afterFirstLine">Called with the process id once the program has written a line.</param>
    /// <param name="environment">A variable for the program alone.</param>
    public static async Task<ChildProcess> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string input = "",
        Action<int>? afterFirstLine = null,
        (string Name, string Value)? environment = null)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // Without a window there is still a console, which pwsh needs; Wine gives none to a program that is started otherwise.
            CreateNoWindow = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["NO_COLOR"] = "1";
        if (environment is { } variable)
        {
            start.Environment[variable.Name] = variable.Value;
        }

        using Process process = Start(start);
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(token);
            await process.StandardInput.WriteAsync(input.AsMemory(), token);
            process.StandardInput.Close();
            string output = "";
            if (afterFirstLine is not null)
            {
                output = await process.StandardOutput.ReadLineAsync(token) + Environment.NewLine;
                afterFirstLine(process.Id);
            }

            output += await process.StandardOutput.ReadToEndAsync(token);
            await process.WaitForExitAsync(token);
            return new ChildProcess(process.ExitCode, output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return Process.Start(start)!;
            }
            catch (Win32Exception e) when (Wine.IsRunning && e.NativeErrorCode == InternalError && attempt < MostStarts)
            {
                // Once in some hundred times Wine has no better word on a busy machine; the next start succeeds.
                Thread.Sleep(TimeSpan.FromSeconds(1));
            }
        }
    }
}
