using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace ZImage.Ggml.Interop;

/// <summary>The libraries that a Windows DLL asks for by name: Windows' loader does not say which of them it did not find.</summary>
internal static class ImportTable
{
    // PE format: four fields before the name, and one after it, of 32 bits each.
    private const int NameOffset = 12;
    private const int EntryBytes = 20;

    /// <summary>File names in the order in which the loader looks for them.</summary>
    /// <exception cref="BadImageFormatException">The file is no PE file, or a damaged one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal static IReadOnlyList<string> Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        using var image = new PEReader(file);
        var names = new List<string>();
        if (image.PEHeaders.PEHeader is not { ImportTableDirectory: { RelativeVirtualAddress: > 0 } table })
            return names;
        for (int entry = table.RelativeVirtualAddress; ; entry += EntryBytes)
        {
            BlobReader fields = image.GetSectionData(entry).GetReader();
            fields.Offset = NameOffset;
            int name = fields.ReadInt32();
            if (name == 0)
                return names;
            BlobReader text = image.GetSectionData(name).GetReader();
            names.Add(Encoding.ASCII.GetString(text.ReadBytes(text.IndexOf(0))));
        }
    }
}
