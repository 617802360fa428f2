namespace ZImage.Engine.Measuring;

/// <summary>A report was to be made of nothing. ErrorId <c>NothingMeasured</c>.</summary>
public sealed class NothingMeasuredException()
    : ZImageException("NothingMeasured", "There are no measurements to report.", "Pipe the results of Measure-ZGeneration, as they come without -Summary.");

/// <summary>A path does not say what a report is written as. ErrorId <c>ReportFormatUnknown</c>.</summary>
public sealed class ReportFormatUnknownException(string path)
    : ZImageException("ReportFormatUnknown", $"The path '{path}' does not say in which format the report is to be written.",
        $"Give a path that ends in {string.Join(", ", ReportFormats.Extensions)}, or use -Format.", path);

/// <summary>The extension of a path stands for a format that was not asked for. ErrorId <c>ReportFormatMismatch</c>.</summary>
public sealed class ReportFormatMismatchException(string path, IReadOnlyList<ReportFormat> formats)
    : ZImageException("ReportFormatMismatch", $"The extension of '{path}' stands for another format than {string.Join(" and ", formats)}, which was asked for.",
        "Leave -Format out, or give a path with a fitting extension or none.", path);

/// <summary>A report would have been overwritten. ErrorId <c>ReportFileExists</c>.</summary>
public sealed class ReportFileExistsException(string path)
    : ZImageException("ReportFileExists", $"The file '{path}' exists already.", "Choose another name, or use -Force to overwrite it.", path);

/// <summary>The system did not let a report be written. ErrorId <c>ReportNotWritten</c>.</summary>
public sealed class ReportNotWrittenException(string path, string reason, Exception? inner = null)
    : ZImageException("ReportNotWritten", $"The report '{path}' was not written: {reason}",
        "Check the name, the free space, the permissions of the folder, and that no other program holds the file open; no part of a file was left there.", path, inner);
