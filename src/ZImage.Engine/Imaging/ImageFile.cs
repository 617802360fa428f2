using SkiaSharp;

namespace ZImage.Engine.Imaging;

/// <summary>Image files: the one place that uses SkiaSharp.</summary>
public static class ImageFile
{
    // Larger pictures are no inputs for a model, and a few bytes of a file can claim any size.
    private const long MostPixels = 1L << 27;

    // No picture of so many pixels needs a longer file.
    private const long MostBytes = 4 * MostPixels;
    private const int RgbaBytes = 4;

    /// <summary>Writes an image in the format of the path's extension, whole or not at all.</summary>
    /// <param name="image">The pixels.</param>
    /// <param name="path">A relative path starts at the process's current folder.</param>
    /// <param name="encoding">Quality; null for the defaults.</param>
    /// <param name="metadata">Texts to keep in the file; see <see cref="ImageMetadata"/> for what each format keeps.</param>
    /// <param name="overwrite">Replace an existing file.</param>
    /// <param name="createFolder">Create missing folders of the path.</param>
    /// <returns>The full path.</returns>
    /// <exception cref="UnsupportedImageFormatException">The extension stands for no supported format.</exception>
    /// <exception cref="ImageFileExistsException">The file exists and is not to be replaced.</exception>
    /// <exception cref="ImageFolderMissingException">The folder is missing and is not to be created.</exception>
    /// <exception cref="ImageNotEncodedException">The format cannot hold the image or its texts.</exception>
    /// <exception cref="ImageFileNotWrittenException">The system refused.</exception>
    public static string Save(
        PixelImage image, string path, ImageEncoding? encoding = null, ImageMetadata? metadata = null,
        bool overwrite = false, bool createFolder = false)
    {
        ImageFormat format = ImageFormats.FromPath(path);
        string full = path;
        try
        {
            full = Path.GetFullPath(path);
            if (Directory.Exists(full))
                throw new ImageFileNotWrittenException(full, "It is a folder.");
            if (!overwrite && File.Exists(full))
                throw new ImageFileExistsException(full);
            PrepareFolder(Path.GetDirectoryName(full)!, createFolder);
            AtomicFile.Write(full, Encode(image, format, encoding, metadata), overwrite);
            return full;
        }
        catch (IOException) when (!overwrite && File.Exists(full))
        {
            throw new ImageFileExistsException(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageFileNotWrittenException(full, e.Message, e);
        }
    }

    /// <summary>The bytes of an image file.</summary>
    /// <exception cref="ImageNotEncodedException">The format cannot hold the image or its texts.</exception>
    public static byte[] Encode(PixelImage image, ImageFormat format, ImageEncoding? encoding = null, ImageMetadata? metadata = null)
    {
        byte[] file = EncodePixels(image, format, encoding ?? new ImageEncoding());
        return metadata is null or { Count: 0 } ? file : AddMetadata(file, image, format, metadata);
    }

    /// <summary>
    /// Reads an image as sRGB, upright as its camera meant it. Transparency is dropped: the colours under it show.
    /// </summary>
    /// <exception cref="ImageFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ImageFileUnreadableException">It cannot be read, or is no complete image.</exception>
    public static PixelImage Load(string path) => Decode(ReadAllBytes(path), path);

    /// <summary>The texts in a PNG, JPEG or WebP file; none for other files.</summary>
    /// <exception cref="ImageFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ImageFileUnreadableException">It cannot be read.</exception>
    public static ImageMetadata ReadMetadata(string path) => ReadMetadata(ReadAllBytes(path));

    internal static ImageMetadata ReadMetadata(ReadOnlyMemory<byte> file) => ImageTexts.Read(file);

    /// <summary>What a PNG, JPEG or WebP file says of itself; its pixels are not looked at, and may be damaged.</summary>
    /// <exception cref="ImageFileNotFoundException">There is no such file.</exception>
    /// <exception cref="ImageFileUnreadableException">It cannot be read, or is no image of these formats.</exception>
    public static ImageHeader ReadHeader(string path) => ReadHeader(ReadAllBytes(path), path);

    internal static ImageHeader ReadHeader(byte[] file, string path)
    {
        ImageFormat format = ImageFormats.FromSignature(file)
            ?? throw new ImageFileUnreadableException(path, file.Length == 0 ? "It is empty." : "It is no PNG, JPEG or WebP file.");
        using SKData data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(data) ?? throw new ImageFileUnreadableException(path, "Its head is damaged or cut off.");
        (int width, int height) = ImageOrientation.SwapsAxes((int)codec.EncodedOrigin) ? (codec.Info.Height, codec.Info.Width) : (codec.Info.Width, codec.Info.Height);
        return new ImageHeader(format, width, height, file.Length, ReadMetadata(file));
    }

    internal static PixelImage Decode(byte[] file, string path)
    {
        using SKData data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(data) ?? throw new ImageFileUnreadableException(path, "It is no image of a known format.");
        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        if (width < 1 || height < 1 || (long)width * height > MostPixels)
            throw new ImageFileUnreadableException(path, $"Its size of {width}x{height} is too large.");

        using SKColorSpace sRgb = SKColorSpace.CreateSrgb();
        SKAlphaType alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        SKCodecResult result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha, sRgb), out byte[] rgba);
        if (result != SKCodecResult.Success)
            throw new ImageFileUnreadableException(path, $"Its pixels cannot be decoded ({result}).");

        var rgb = new byte[width * height * 3];
        for (int from = 0, to = 0; to < rgb.Length; from += RgbaBytes, to += 3)
            rgba.AsSpan(from, 3).CopyTo(rgb.AsSpan(to));
        return ImageOrientation.Apply(new PixelImage(width, height, rgb), (int)codec.EncodedOrigin);
    }

    private static byte[] EncodePixels(PixelImage image, ImageFormat format, ImageEncoding encoding)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> rgba = bitmap.GetPixelSpan();
        for (int from = 0, to = 0; from < image.Rgb.Length; from += 3, to += RgbaBytes)
        {
            image.Rgb.AsSpan(from, 3).CopyTo(rgba[to..]);
            rgba[to + 3] = byte.MaxValue;
        }

        using SKPixmap pixels = bitmap.PeekPixels();
        using SKData? file = format switch
        {
            ImageFormat.Png => pixels.Encode(SKPngEncoderOptions.Default),
            // Full colour resolution: drawn pictures have sharp coloured edges.
            ImageFormat.Jpeg => pixels.Encode(new SKJpegEncoderOptions(
                encoding.Quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore)),
            _ => pixels.Encode(new SKWebpEncoderOptions(
                encoding.Lossless ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy, encoding.Quality)),
        };
        return file?.ToArray()
            ?? throw new ImageNotEncodedException(image.Width, image.Height, format, "the encoder refused it, most often for its size");
    }

    private static byte[] AddMetadata(byte[] file, PixelImage image, ImageFormat format, ImageMetadata metadata)
    {
        if (format == ImageFormat.Png)
            return PngChunks.InsertBeforeImageData(file, metadata.Select(text => PngText.MakeChunk(text.Key, text.Value)));
        if (metadata.Parameters is not { } parameters)
            return file;
        byte[] tiff = ExifUserComment.Write(parameters);
        return format == ImageFormat.WebP
            ? WebPExif.Append(file, tiff, image.Width, image.Height)
            : JpegExif.Insert(file, tiff)
                ?? throw new ImageNotEncodedException(image.Width, image.Height, format,
                    $"its parameters of {parameters.Length} characters are too long for this format");
    }

    private static void PrepareFolder(string folder, bool create)
    {
        if (Directory.Exists(folder))
            return;
        if (!create)
            throw new ImageFolderMissingException(folder);
        Directory.CreateDirectory(folder);
    }

    private static byte[] ReadAllBytes(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > MostBytes)
                throw new ImageFileUnreadableException(path, $"It has {stream.Length >> 20} MiB, and image files of up to {MostBytes >> 20} MiB are read.");
            var file = new byte[stream.Length];
            stream.ReadExactly(file);
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageFileNotFoundException(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageFileUnreadableException(path, Directory.Exists(path) ? "It is a folder." : e.Message, e);
        }
    }
}
