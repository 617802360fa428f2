using Microsoft.PowerShell;

// A tool of the build reports nothing and looks for no later version.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
Environment.SetEnvironmentVariable("POWERSHELL_UPDATECHECK", "Off");
return UnmanagedPSEntry.Start(args, args.Length);
