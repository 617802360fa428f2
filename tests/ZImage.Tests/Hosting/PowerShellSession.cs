using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace ZImage.Tests.Hosting;

/// <summary>
/// A runspace of the real PowerShell engine, in this process, with the built module imported from the repository.
/// The module lives in a load context of its own: its objects are read by property name, not cast.
/// </summary>
public sealed class PowerShellSession : IDisposable
{
    private readonly Runspace _runspace;

    /// <param name="importModule">False for a bare engine.</param>
    /// <exception cref="RuntimeException">The module cannot be imported, for example because it is not built.</exception>
    public PowerShellSession(bool importModule = true)
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        if (importModule)
        {
            Run("Import-Module $manifest -ErrorAction Stop", ("manifest", Repository.Manifest)).ThrowIfEnded();
        }
    }

    /// <summary>Runs a script and collects all that it writes.</summary>
    /// <param name="variables">Set in the session before the script runs; they stay for later ones.</param>
    public PowerShellResult Run(string script, params (string Name, object? Value)[] variables)
    {
        using PowerShell powershell = Create(script, variables);
        var output = new PSDataCollection<PSObject>();
        ErrorRecord? ending = null;
        try
        {
            powershell.Invoke(null, output);
        }
        catch (RuntimeException e)
        {
            ending = e.ErrorRecord;
        }

        return new PowerShellResult(powershell.Streams, output, ending);
    }

    /// <summary>The same, not run yet, for tests that stop it on the way. The caller disposes it.</summary>
    public PowerShell Create(string script, params (string Name, object? Value)[] variables)
    {
        foreach ((string name, object? value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }

        var powershell = PowerShell.Create(_runspace);
        powershell.AddScript(script);
        return powershell;
    }

    public void Dispose() => _runspace.Dispose();
}
