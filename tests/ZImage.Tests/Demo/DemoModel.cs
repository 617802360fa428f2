using ZImage.Engine.Generation;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Demo;

/// <summary>The small model that ships with the module.</summary>
internal static class DemoModel
{
    public static string Folder { get; } = Repository.PathOf("Module", "demo-model");

    public static ModelFiles Files => new(File("z-image*.gguf"), File("qwen3*.gguf"), File("ae*.gguf"));

    private static string File(string pattern) => Directory.GetFiles(Folder, pattern).Single();
}
