namespace ZImage.Engine.Imaging;

/// <summary>Writes files whole or not at all: into a hidden file beside the target, which then takes its name.</summary>
internal static class AtomicFile
{
    private const int MostAttempts = 10;
    private const int AttemptMilliseconds = 100;

    /// <summary>Writes a file. When this fails, what was at the path is still there, and nothing else.</summary>
    /// <exception cref="IOException">Also when the file exists and <paramref name="overwrite"/> is false.</exception>
    public static void Write(string path, ReadOnlySpan<byte> contents, bool overwrite)
    {
        // In the same folder, because only a move on one drive is a single step.
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, $".zimage-{Guid.NewGuid():N}.tmp");
        // A move that must not overwrite looks first and moves then, on Unix; only creating the file anew decides between two writers.
        if (!overwrite)
            new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None).Dispose();
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                file.Write(contents);
                file.Flush(flushToDisk: true);
            }
            Move(temporary, path);
        }
        catch
        {
            TryDelete(temporary);
            if (!overwrite)
                TryDelete(path);
            throw;
        }
    }

    private static void Move(string from, string to)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                File.Move(from, to, overwrite: true);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && OperatingSystem.IsWindows() && attempt < MostAttempts)
            {
                // Virus scanners, indexers and viewers hold a file that has just changed, for a moment; elsewhere that is no hindrance.
                Thread.Sleep(AttemptMilliseconds);
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The fault that led here says more than this one.
        }
    }
}
