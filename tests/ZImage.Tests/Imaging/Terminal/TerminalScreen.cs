using System.Text.RegularExpressions;
using ZImage.Engine.Imaging;

namespace ZImage.Tests.Imaging.Terminal;

/// <summary>Reads what a terminal is sent, and gives the picture that it would show.</summary>
internal static partial class TerminalScreen
{
    /// <summary>The picture in a sequence of sixel graphics; black where nothing is drawn.</summary>
    public static PixelImage Sixel(string text)
    {
        Match frame = SixelFrame().Match(text);
        Assert.True(frame.Success);
        int width = Int(frame.Groups["width"]), height = Int(frame.Groups["height"]);
        var rgb = new byte[width * height * 3];
        var palette = new Dictionary<int, byte[]>();
        byte[] color = [];
        int x = 0, top = 0;
        foreach (Match token in SixelToken().Matches(frame.Groups["data"].Value))
        {
            if (token.Groups["entry"].Success)
                palette[Int(token.Groups["entry"])] = [.. token.Groups["percent"].Captures.Select(c => (byte)Math.Round(int.Parse(c.Value, null) * 255 / 100.0))];
            else if (token.Groups["color"].Success)
                color = palette[Int(token.Groups["color"])];
            else if (token.Value == "$")
                x = 0;
            else if (token.Value == "-")
                (x, top) = (0, top + 6);
            else
            {
                int run = token.Groups["run"].Success ? Int(token.Groups["run"]) : 1, sixel = token.Value[^1] - '?';
                for (; run > 0; run--, x++)
                {
                    for (int row = 0; row < 6; row++)
                    {
                        if ((sixel >> row & 1) == 1)
                            color.CopyTo(rgb, ((top + row) * width + x) * 3);
                    }
                }
            }
        }
        Assert.Equal(frame.Groups["data"].Length, SixelToken().Matches(frame.Groups["data"].Value).Sum(token => token.Length));
        return new PixelImage(width, height, rgb);
    }

    /// <summary>The picture sent by kitty's protocol, with the keys of its first piece.</summary>
    public static (PixelImage Image, Dictionary<string, string> Keys) Kitty(string text)
    {
        Match[] pieces = [.. KittyPiece().Matches(text).AsEnumerable()];
        Assert.NotEmpty(pieces);
        Assert.All(pieces, piece => Assert.True(piece.Groups["data"].Length <= 4096));
        Dictionary<string, string>[] keys = [.. pieces.Select(piece => piece.Groups["keys"].Value.Split(',').ToDictionary(pair => pair[..1], pair => pair[2..]))];
        Assert.All(keys[..^1], each => Assert.Equal("1", each["m"]));
        Assert.Equal("0", keys[^1]["m"]);
        // Each piece but the last must be whole groups of base64.
        Assert.All(pieces[..^1], piece => Assert.Equal(0, piece.Groups["data"].Length % 4));
        return (Png(string.Concat(pieces.Select(piece => piece.Groups["data"].Value))), keys[0]);
    }

    /// <summary>The picture of an inline image of iTerm2, with its arguments.</summary>
    public static (PixelImage Image, Dictionary<string, string> Arguments) ITerm2(string text)
    {
        Match match = InlineImage().Match(text);
        Assert.True(match.Success);
        Dictionary<string, string> arguments = match.Groups["arguments"].Value.Split(';').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        Assert.Equal(Convert.FromBase64String(match.Groups["data"].Value).Length, int.Parse(arguments["size"], null));
        return (Png(match.Groups["data"].Value), arguments);
    }

    /// <summary>The picture of half blocks in colours: a pixel for each column, two rows for each line.</summary>
    public static PixelImage Blocks(string text)
    {
        string[] lines = text.Split("\r\n")[..^1];
        var rows = new List<byte>();
        int width = 0;
        foreach (string line in lines)
        {
            List<byte> above = [], below = [];
            byte[] front = [], back = [];
            foreach (Match token in BlockToken().Matches(line))
            {
                if (token.Value == "▀")
                {
                    above.AddRange(front);
                    below.AddRange(back);
                    continue;
                }
                int[] codes = [.. token.Groups["code"].Captures.Select(c => int.Parse(c.Value, null))];
                switch (codes[0])
                {
                    case 38:
                        front = Color(codes);
                        break;
                    case 48:
                        back = Color(codes);
                        break;
                    case 0:
                        (front, back) = ([], []);
                        break;
                    case >= 90 and < 98 or >= 30 and < 38:
                        front = Named(codes[0]);
                        break;
                    default:
                        back = Named(codes[0] - 10);
                        break;
                }
            }
            Assert.Equal(line.Length, BlockToken().Matches(line).Sum(token => token.Length));
            Assert.Empty(front);
            width = above.Count / 3;
            rows.AddRange(above);
            rows.AddRange(below);
        }
        return new PixelImage(width, lines.Length * 2, [.. rows]);
    }

    private static byte[] Color(int[] codes)
    {
        if (codes[1] == 2)
            return [(byte)codes[2], (byte)codes[3], (byte)codes[4]];
        int number = codes[2];
        if (number >= 232)
            return [.. Enumerable.Repeat((byte)(8 + 10 * (number - 232)), 3)];
        Assert.InRange(number, 16, 231);
        return [.. ((int[])[(number - 16) / 36, (number - 16) / 6 % 6, (number - 16) % 6]).Select(level => (byte)(level == 0 ? 0 : 55 + 40 * level))];
    }

    private static byte[] Named(int code)
    {
        string hex = "000000 800000 008000 808000 000080 800080 008080 c0c0c0 808080 ff0000 00ff00 ffff00 0000ff ff00ff 00ffff ffffff".Split(' ')[code < 90 ? code - 30 : code - 82];
        return Convert.FromHexString(hex);
    }

    private static PixelImage Png(string base64) => ImageFile.Decode(Convert.FromBase64String(base64), "terminal");

    private static int Int(Group group) => int.Parse(group.ValueSpan, null);

    [GeneratedRegex("\eP0;1;0q\"1;1;(?<width>[0-9]+);(?<height>[0-9]+)(?<data>[^\e]*)\e\\\\")]
    private static partial Regex SixelFrame();

    [GeneratedRegex(@"#(?<entry>[0-9]+);2(;(?<percent>[0-9]+)){3}|#(?<color>[0-9]+)|\$|-|(!(?<run>[0-9]+))?[?-~]")]
    private static partial Regex SixelToken();

    [GeneratedRegex("\e_G(?<keys>[^;\e]*);(?<data>[^\e]*)\e\\\\")]
    private static partial Regex KittyPiece();

    [GeneratedRegex("\e\\]1337;File=(?<arguments>[^:]*):(?<data>[^\a]*)\a")]
    private static partial Regex InlineImage();

    [GeneratedRegex("\e\\[((?<code>[0-9]+);?)+m|▀")]
    private static partial Regex BlockToken();
}
