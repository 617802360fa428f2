using System.Runtime.CompilerServices;

namespace ZImage.Tests;

/// <summary>What is kept on disk is kept in a folder of the tests' own, which goes when they end. Those that look into it take turns.</summary>
[CollectionDefinition(Name)]
public sealed class TestCache
{
    public const string Name = "Cache folder";
    public const string Variable = "ZIMAGE_CACHE_PATH";

    [ModuleInitializer]
    internal static void UseFolderOfItsOwn()
    {
        var folder = new TemporaryFolder();
        Environment.SetEnvironmentVariable(Variable, folder.Path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
    }
}
