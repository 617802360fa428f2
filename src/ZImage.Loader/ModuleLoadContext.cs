using System.Reflection;
using System.Runtime.Loader;

namespace ZImage.Loader;

/// <summary>
/// Loads ZImage's cmdlets and all they depend on into a load context of their own, so that another module in the same
/// shell may use other versions of the same libraries.
/// </summary>
public sealed class ModuleLoadContext : AssemblyLoadContext
{
    private static readonly Lock Gate = new();
    private static ModuleLoadContext? s_instance;

    private readonly AssemblyDependencyResolver _resolver;
    // Kept as it was given: an assembly's own location has a prefix where it is long.
    private readonly string _path;
    private readonly string _compiledFolder;
    private readonly Assembly _cmdlets;

    private ModuleLoadContext(string cmdletAssemblyPath)
        : base("ZImage")
    {
        _resolver = new AssemblyDependencyResolver(cmdletAssemblyPath);
        _path = cmdletAssemblyPath;
        _compiledFolder = Path.Combine(Path.GetDirectoryName(cmdletAssemblyPath)!, "runtimes", OperatingSystem.IsWindows() ? "win-x64" : "linux-x64", "lib");
        _cmdlets = LoadFromAssemblyPath(cmdletAssemblyPath);
    }

    /// <summary>
    /// The assembly with the cmdlets. Loaded once a process: repeated imports and every runspace get the same one.
    /// A second copy is refused, whatever its version: ggml's libraries find each other by name, so that those of one copy would
    /// be tied to the base library of the other, and PowerShell knows the views of results by the names of their types alone.
    /// </summary>
    /// <param name="cmdletAssemblyPath">Full path of ZImage.PowerShell.dll; its .deps.json lies beside it.</param>
    /// <exception cref="InvalidOperationException">Another copy of ZImage was loaded from another folder before.</exception>
    public static Assembly LoadCmdlets(string cmdletAssemblyPath)
    {
        lock (Gate)
        {
            s_instance ??= new ModuleLoadContext(cmdletAssemblyPath);
            if (!PathComparer.Equals(s_instance._path, cmdletAssemblyPath))
            {
                throw new InvalidOperationException(
                    $"{Describe(s_instance._path)} is already loaded, and stays until this process ends. Start a new PowerShell session to import {Describe(cmdletAssemblyPath)}.");
            }

            return s_instance._cmdlets;
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // In machine code of this system where there is such a file: one of another system is no assembly here.
        string compiled = Path.Combine(_compiledFolder, assemblyName.Name + ".dll");
        return File.Exists(compiled) ? LoadFromAssemblyPath(compiled)
            : _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private static string Describe(string path) => $"ZImage {AssemblyName.GetAssemblyName(path).Version?.ToString(3)} from '{path}'";

    private static StringComparer PathComparer
        => OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
}
