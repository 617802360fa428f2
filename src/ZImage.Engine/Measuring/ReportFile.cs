using System.Text;
using ZImage.Engine.Imaging;

namespace ZImage.Engine.Measuring;

/// <summary>Files of reports.</summary>
public static class ReportFile
{
    /// <summary>Throws what <see cref="Save"/> would for the path, as far as it can be known before there is anything to write.</summary>
    public static void Check(string path, bool overwrite)
    {
        if (Directory.Exists(path))
            throw new ReportNotWrittenException(path, "It is a folder.");
        if (!overwrite && File.Exists(path))
            throw new ReportFileExistsException(path);
    }

    /// <summary>Writes a report, whole or not at all; missing folders are made.</summary>
    /// <param name="report">The report.</param>
    /// <param name="path">Full path.</param>
    /// <param name="format">What it is written as, whatever the path's extension is.</param>
    /// <param name="overwrite">Replace an existing file.</param>
    /// <exception cref="ReportFileExistsException">The file exists and is not to be replaced.</exception>
    /// <exception cref="ReportNotWrittenException">The system refused.</exception>
    public static void Save(MeasurementReport report, string path, ReportFormat format, bool overwrite)
    {
        try
        {
            Check(path, overwrite);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, Encoding.UTF8.GetBytes(report.Write(format)), overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            throw new ReportFileExistsException(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ReportNotWrittenException(path, e.Message, e);
        }
    }
}
