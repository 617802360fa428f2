using System.Text;
using System.Xml;

namespace ZImage.Engine.Imaging;

/// <summary>Parameters in an XMP packet, where stable-diffusion.cpp keeps those of WebP files. Source: ISO 16684-1.</summary>
internal static class XmpParameters
{
    /// <summary>The text of the first element named <c>parameters</c>, whatever its namespace; null when there is none.</summary>
    /// <exception cref="InvalidDataException">The packet is no XML.</exception>
    public static string? Read(ReadOnlySpan<byte> packet)
    {
        // The packet's processing instructions carry no text, and what a document type could declare has no place in it.
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, ConformanceLevel = ConformanceLevel.Fragment };
        try
        {
            using var reader = XmlReader.Create(new StringReader(Encoding.UTF8.GetString(packet).Trim('\uFEFF', '\0')), settings);
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == ImageMetadata.ParametersKeyword)
                    return reader.ReadElementContentAsString();
            }
            return null;
        }
        catch (XmlException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }
}
