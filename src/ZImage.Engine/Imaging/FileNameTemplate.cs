using System.Globalization;
using System.Text;

namespace ZImage.Engine.Imaging;

/// <summary>
/// A path with fields in braces, for example <c>out/{date}/{seed}-{index:000}.png</c>. A format may follow a colon: .NET's
/// for numbers, dates and times, the greatest length for texts. Values never add folders: characters that a file name cannot
/// have on any system become <c>_</c>.
/// </summary>
public sealed class FileNameTemplate
{
    private const int DefaultTextLength = 60;
    private const string EmptyValue = "_";

    // Windows' set, on every system, so that one run has one set of names.
    private const string InvalidCharacters = "<>:\"/\\|?*";

    private static readonly OrderedDictionary<string, Func<FileNameValues, string, string>> s_fields = new(StringComparer.OrdinalIgnoreCase)
    {
        ["seed"] = (values, format) => values.Seed.ToString(format, CultureInfo.InvariantCulture),
        ["index"] = (values, format) => values.Index.ToString(format, CultureInfo.InvariantCulture),
        ["prompt"] = (values, format) => Shorten(values.Prompt, format),
        ["width"] = (values, format) => values.Width.ToString(format, CultureInfo.InvariantCulture),
        ["height"] = (values, format) => values.Height.ToString(format, CultureInfo.InvariantCulture),
        ["steps"] = (values, format) => values.Steps.ToString(format, CultureInfo.InvariantCulture),
        ["date"] = (values, format) => values.Time.ToString(format.Length > 0 ? format : "yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["time"] = (values, format) => values.Time.ToString(format.Length > 0 ? format : "HH-mm-ss", CultureInfo.InvariantCulture),
        ["model"] = (values, format) => Shorten(values.Model, format),
    };

    private readonly string _template;
    private readonly List<Part> _parts = [];

    // A piece of text (Field null), or a field with its format.
    private readonly record struct Part(string? Field, string Text);

    private FileNameTemplate(string template)
    {
        _template = template;
        Split();
        // Formats are tried here, so that a mistake shows before an image is made.
        Format(new FileNameValues());
    }

    /// <summary>The names of all fields.</summary>
    public static IReadOnlyList<string> KnownFields => s_fields.Keys;

    /// <summary>The fields this template uses, each once.</summary>
    public IReadOnlyList<string> Fields => [.. _parts.Select(part => part.Field).OfType<string>().Distinct()];

    internal static string KnownFieldsText => string.Join(", ", KnownFields.Select(name => $"{{{name}}}"));

    /// <exception cref="FileNameTemplateInvalidException">A field is unknown, a format is wrong, or a brace stands alone.</exception>
    public static FileNameTemplate Parse(string template) => new(template);

    /// <summary>The path for one image.</summary>
    public string Format(FileNameValues values)
    {
        var path = new StringBuilder();
        foreach (Part part in _parts)
            path.Append(part.Field is null ? part.Text : Sanitize(Fill(part, values)));
        return path.ToString();
    }

    public override string ToString() => _template;

    private string Fill(Part part, FileNameValues values)
    {
        try
        {
            return s_fields[part.Field!](values, part.Text);
        }
        catch (FormatException)
        {
            throw new FileNameTemplateInvalidException(_template, $"'{part.Text}' is no format for {{{part.Field}}}");
        }
    }

    private void Split()
    {
        var text = new StringBuilder();
        for (int i = 0; i < _template.Length; i++)
        {
            char c = _template[i];
            if (c is not ('{' or '}'))
            {
                text.Append(c);
            }
            else if (i + 1 < _template.Length && _template[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else
            {
                int end = c == '{' ? _template.IndexOf('}', i) : -1;
                if (end < 0)
                    throw new FileNameTemplateInvalidException(_template, $"the '{c}' at character {i + 1} has no partner");
                _parts.Add(new Part(null, text.ToString()));
                text.Clear();
                _parts.Add(ParseField(_template[(i + 1)..end]));
                i = end;
            }
        }
        _parts.Add(new Part(null, text.ToString()));
    }

    private Part ParseField(string field)
    {
        int colon = field.IndexOf(':');
        string name = colon < 0 ? field : field[..colon];
        int known = s_fields.IndexOf(name);
        if (known < 0)
            throw new FileNameTemplateInvalidException(_template, $"{{{name}}} is no known field");
        return new Part(s_fields.GetAt(known).Key, colon < 0 ? "" : field[(colon + 1)..]);
    }

    private static string Shorten(string text, string format)
    {
        int length = DefaultTextLength;
        if (format.Length > 0 && (!int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length < 1))
            throw new FormatException();
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (text.Length <= length)
            return text;
        // Half a surrogate pair is no character.
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    private static string Sanitize(string value)
    {
        var name = new StringBuilder(value.Length);
        foreach (char c in value)
            name.Append(char.IsControl(c) || InvalidCharacters.Contains(c) ? '_' : c);
        // Windows drops dots and spaces at the end of a name; a dot at its start hides the file elsewhere.
        string trimmed = name.ToString().Trim(' ', '.');
        return trimmed.Length == 0 ? EmptyValue : IsDeviceName(trimmed) ? trimmed + "_" : trimmed;
    }

    // Names that Windows keeps for devices, whatever extension follows.
    private static bool IsDeviceName(string name)
    {
        string stem = name.Split('.')[0].TrimEnd().ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" || stem.Length == 4 && stem[..3] is "COM" or "LPT" && char.IsAsciiDigit(stem[3]);
    }
}
