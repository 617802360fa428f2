namespace ZImage.Engine.Text;

/// <summary>
/// The alphabet of byte-level BPE: each of the 256 byte values is written as one printable character, so that every
/// token of the vocabulary is a string. Printable Latin-1 bytes stand for themselves; the other 68 (controls, space,
/// no-break space, soft hyphen) take U+0100 onwards in byte order. Source: the GPT-2 byte encoder.
/// </summary>
public static class ByteAlphabet
{
    private static readonly char[] Chars = new char[256];
    private static readonly Dictionary<char, byte> Bytes = new(256);

    static ByteAlphabet()
    {
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool standsForItself = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            Chars[value] = (char)(standsForItself ? value : next++);
            Bytes[Chars[value]] = (byte)value;
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char ToChar(byte value) => Chars[value];

    /// <summary>The byte a character stands for; false when the character is outside the alphabet.</summary>
    public static bool TryGetByte(char character, out byte value) => Bytes.TryGetValue(character, out value);
}
