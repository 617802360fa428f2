using System.Buffers.Binary;
using System.Text;
using ZImage.Ggml;

namespace ZImage.Engine.Checkpoints;

/// <summary>
/// Reads the parts of a GGUF header one after the other. A read that would pass the end of the file is a truncated file,
/// a length that no file has is a corrupt one.
/// </summary>
internal sealed class GgufCursor(MappedFile file, long position = 0)
{
    // Of the reference reader; longer strings are refused there too.
    private const ulong LongestString = 1UL << 30;

    // Far above any real array, far below an overflow of count x bytes.
    private const ulong LargestCount = 1UL << 40;

    public long Position { get; private set; } = position;

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), what));

    /// <summary>A number of items of which each takes at least <paramref name="leastBytes"/>.</summary>
    public long ReadCount(int leastBytes, string what, ulong largest = LargestCount)
    {
        ulong count = ReadUInt64(what);
        if (count > largest)
            throw new ModelFileCorruptException(file.Path, $"at byte {Position - sizeof(ulong)} it gives {count} as {what}");
        if ((long)count > (file.Length - Position) / leastBytes)
            throw EndsInside($"{what} ({count})");
        return (long)count;
    }

    public string ReadString(string what, ulong longest = LongestString)
        => Encoding.UTF8.GetString(Take((int)ReadLength(what, longest), what));

    /// <summary>Passes over strings: a vocabulary has hundreds of thousands, and a file should open in milliseconds.</summary>
    public void SkipStrings(long count, string what) => PassStrings(count, default, what);

    /// <summary>Reads as many strings as there is room for.</summary>
    public void ReadStrings(Span<string> strings, string what) => PassStrings(strings.Length, strings, what);

    // Read if there is room for them.
    private void PassStrings(long count, Span<string> strings, string what)
    {
        for (long done = 0; done < count;)
        {
            ReadOnlySpan<byte> window = file.Span(Position, (int)Math.Min(file.Length - Position, int.MaxValue));
            int at = 0;
            while (done < count && window.Length - at >= sizeof(ulong))
            {
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(window[at..]);
                if (length > (ulong)(window.Length - at - sizeof(ulong)))
                    break;
                at += sizeof(ulong);
                if (!strings.IsEmpty)
                    strings[(int)done] = Encoding.UTF8.GetString(window.Slice(at, (int)length));
                at += (int)length;
                done++;
            }
            Position += at;
            // The one that does not lie in the window: in the next, or in no part of the file.
            if (at == 0)
            {
                ReadOnlySpan<byte> one = Take((int)ReadLength(what, LongestString), what);
                if (!strings.IsEmpty)
                    strings[(int)done] = Encoding.UTF8.GetString(one);
                done++;
            }
        }
    }

    public void Skip(long bytes, string what)
    {
        if (bytes > file.Length - Position)
            throw EndsInside(what);
        Position += bytes;
    }

    public ReadOnlySpan<byte> Take(int bytes, string what)
    {
        long start = Position;
        Skip(bytes, what);
        return file.Span(start, bytes);
    }

    private long ReadLength(string what, ulong longest)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), what));
        if (length > longest)
            throw new ModelFileCorruptException(file.Path, $"at byte {Position - sizeof(ulong)} it gives {length} bytes for {what}");
        return (long)length;
    }

    private ModelFileTruncatedException EndsInside(string what)
        => new(file.Path, file.Length, null, $"it ends after {file.Length} bytes, inside its header ({what} at byte {Position})");
}
