using System.Collections;

namespace ZImage.Engine.Imaging;

/// <summary>
/// Texts that travel in an image file, by keyword, in order. PNG keeps them all; JPEG and WebP keep
/// <see cref="ParametersKeyword"/> alone, as the EXIF user comment.
/// </summary>
public sealed class ImageMetadata : IReadOnlyCollection<KeyValuePair<string, string>>
{
    /// <summary>The keyword under which image generators keep the settings of an image.</summary>
    public const string ParametersKeyword = "parameters";

    /// <summary>Most bytes of a text; more is not a text.</summary>
    internal const int LongestText = 16 << 20;

    private readonly OrderedDictionary<string, string> _texts = new(StringComparer.Ordinal);

    public int Count => _texts.Count;

    /// <summary>True when texts may be missing, because one is damaged or too long, or because the file ends early.</summary>
    public bool IsDamaged { get; internal set; }

    /// <summary>The settings of the image, as <see cref="GenerationParameters"/> writes them; null when there are none.</summary>
    public string? Parameters
    {
        get => this[ParametersKeyword];
        set => this[ParametersKeyword] = value;
    }

    /// <summary>The text of a keyword, or null; setting null removes it.</summary>
    public string? this[string keyword]
    {
        get => _texts.GetValueOrDefault(keyword);
        set
        {
            if (value is null)
                _texts.Remove(keyword);
            else
                _texts[PngText.CheckKeyword(keyword)] = value;
        }
    }

    /// <summary>The keywords.</summary>
    public override string ToString() => string.Join(", ", _texts.Keys);

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _texts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
