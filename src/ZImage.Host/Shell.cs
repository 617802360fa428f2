using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace ZImage.Host;

/// <summary>One runspace of the real PowerShell engine, and the ways to run something in it.</summary>
internal sealed class Shell : IDisposable
{
    /// <summary>What a shell says of a program that Ctrl+C ended.</summary>
    public const int StoppedExitCode = 130;

    private readonly ConsoleUserInterface _ui;
    private readonly ConsoleHost _host;
    private readonly Runspace _runspace;
    private PowerShell? _running;
    private bool _stopped;

    public Shell(bool nonInteractive)
    {
        _ui = new ConsoleUserInterface(nonInteractive);
        _host = new ConsoleHost(_ui);
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.RemoteSigned;
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        Console.CancelKeyPress += OnCancelKeyPress;
    }

    /// <summary>The exit code that a script asked for with <c>exit</c>, or null.</summary>
    public int? RequestedExitCode => _host.ExitCode;

    /// <returns>The exit code: of <c>exit</c>; else 130 after Ctrl+C; else 1 when a terminating error was not caught or, for -Command, the last statement failed; else 0.</returns>
    public int Run(HostOptions options)
    {
        foreach (string module in options.Modules)
        {
            if (!Invoke(new Command("Import-Module") { Parameters = { { "Name", Path.GetFullPath(module) }, { "ErrorAction", "Stop" } } }))
            {
                return 1;
            }
        }

        if (options.Command is not null)
        {
            bool completed = Invoke(new Command(options.Command, isScript: true, useLocalScope: false));
            return ExitCode(completed && LastSucceeded() ? 0 : 1);
        }

        return options.File is null ? new Prompt(this, _ui).Run() : RunFile(options.File, options.FileArguments);
    }

    /// <summary>Runs one command, its output going to the console. Errors are shown, never thrown.</summary>
    /// <returns>False when a terminating error or Ctrl+C ended it.</returns>
    public bool Invoke(Command command)
    {
        using var powershell = PowerShell.Create(_runspace);
        powershell.Commands.AddCommand(command);
        powershell.AddCommand("Out-Default");
        powershell.Streams.Error.DataAdded += (_, e) => _ui.WriteErrorLine(ErrorText.Format(powershell.Streams.Error[e.Index]));
        _stopped = false;
        _running = powershell;
        try
        {
            // What is not in the history leaves $? as it was.
            powershell.Invoke(null, new PSInvocationSettings { AddToHistory = true });
            return true;
        }
        catch (PipelineStoppedException)
        {
            _stopped = true;
            return false;
        }
        catch (RuntimeException e)
        {
            _ui.WriteErrorLine(ErrorText.Format(e.ErrorRecord));
            return false;
        }
        finally
        {
            _running = null;
            _ui.EndProgress();
        }
    }

    /// <summary>Evaluates a script for its value as text, for example the prompt.</summary>
    public string Evaluate(string script)
    {
        using var powershell = PowerShell.Create(_runspace);
        return string.Concat(powershell.AddScript(script).Invoke());
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancelKeyPress;
        _runspace.Dispose();
    }

    private int RunFile(string file, IReadOnlyList<string> arguments)
    {
        string path = Path.GetFullPath(file);
        if (!File.Exists(path))
        {
            throw new HostUsageException($"There is no file '{path}'.");
        }

        var command = new Command(path, isScript: false, useLocalScope: false);
        foreach (string argument in arguments)
        {
            command.Parameters.Add(ScriptArgument.Parse(argument));
        }

        ScriptExit.LetNextScriptEndHost(_runspace);
        return ExitCode(Invoke(command) ? 0 : 1);
    }

    private bool LastSucceeded() => Evaluate("$?") == bool.TrueString;

    private int ExitCode(int otherwise) => RequestedExitCode ?? (_stopped ? StoppedExitCode : otherwise);

    // The second Ctrl+C ends the program, should the first not be heard.
    private void OnCancelKeyPress(object? sender, ConsoleCancelEventArgs e)
    {
        if (_running is { } running && !_stopped)
        {
            _stopped = true;
            e.Cancel = true;
            running.BeginStop(null, null);
        }
    }
}
