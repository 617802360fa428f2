using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Reflection;

namespace ZImage.Host;

/// <summary>What the PowerShell engine asks of the program around it: a name, a culture, a user interface, an exit.</summary>
internal sealed class ConsoleHost(ConsoleUserInterface ui) : PSHost
{
    /// <summary>Set by <c>exit</c>; null as long as no script has asked to end.</summary>
    public int? ExitCode { get; private set; }

    public override string Name => "ZImage.Host";

    public override Version Version { get; } = Assembly.GetExecutingAssembly().GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture { get; } = CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture { get; } = CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => ui;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt()
        => throw new PSNotSupportedException("ZImage.Host has no nested prompt.");

    public override void ExitNestedPrompt()
        => throw new PSNotSupportedException("ZImage.Host has no nested prompt.");

    public override void NotifyBeginApplication() => ui.EndProgress();

    public override void NotifyEndApplication()
    {
    }
}
