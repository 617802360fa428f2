using System.Text;

namespace ZImage.Tests;

/// <summary>A folder of a test's own, deleted with all in it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("zimage-test-").FullName;

    /// <summary>The full path of a name in the folder; folders of the name are created.</summary>
    public string this[string name]
    {
        get
        {
            string full = System.IO.Path.GetFullPath(name, Path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            return full;
        }
    }

    /// <summary>Writes a file, replacing another, and gives its full path.</summary>
    public string Write(string name, byte[] contents)
    {
        // Some file systems wait for the drive when a file is cut to nothing and written again.
        File.Delete(this[name]);
        File.WriteAllBytes(this[name], contents);
        return this[name];
    }

    /// <summary>As above, of a text in UTF-8.</summary>
    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
