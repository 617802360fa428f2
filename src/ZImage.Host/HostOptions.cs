namespace ZImage.Host;

/// <summary>The command line of the host: the few switches of pwsh that scripts and builds use.</summary>
internal sealed class HostOptions
{
    public const string Help = """
        ZImage.Host [-NoProfile] [-NonInteractive] [-Module <manifest>]... [-Command <text>... | -File <script> [<argument>...]]
          -Module   imports a module first; may be given more than once
          -Command  runs the rest of the command line as PowerShell
          -File     runs a script with the arguments that follow
          Without -Command and -File a prompt opens.
        """;

    public List<string> Modules { get; } = [];

    public string? Command { get; private set; }

    public string? File { get; private set; }

    public IReadOnlyList<string> FileArguments { get; private set; } = [];

    public bool NonInteractive { get; private set; }

    public bool ShowHelp { get; private set; }

    /// <exception cref="HostUsageException">An option is unknown or lacks its value.</exception>
    public static HostOptions Parse(string[] args)
    {
        var options = new HostOptions();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i].ToLowerInvariant())
            {
                case "-noprofile" or "-nologo":
                    break;
                case "-noninteractive":
                    options.NonInteractive = true;
                    break;
                case "-help" or "--help" or "-h" or "-?":
                    options.ShowHelp = true;
                    return options;
                case "-module" or "-m":
                    options.Modules.Add(ValueOf(args, ref i));
                    break;
                case "-command" or "-c":
                    ValueOf(args, ref i);
                    options.Command = string.Join(' ', args[i..]);
                    return options;
                case "-file" or "-f":
                    options.File = ValueOf(args, ref i);
                    options.FileArguments = args[(i + 1)..];
                    return options;
                default:
                    throw new HostUsageException($"'{args[i]}' is not an option.");
            }
        }

        return options;
    }

    private static string ValueOf(string[] args, ref int i)
        => i + 1 < args.Length ? args[++i] : throw new HostUsageException($"{args[i]} needs a value.");
}
