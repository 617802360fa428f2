namespace ZImage.Engine.Downloads;

/// <summary>Brings one file of a hub onto this machine, whatever happens on the way.</summary>
internal sealed class FileDownload(Hub hub, HubFile file, bool force, DownloadReporter reporter)
{
    private const int BufferBytes = 1 << 18;

    private readonly string _path = ModelStore.PathOf(file);
    private readonly DownloadPolicy _policy = hub.Policy;
    private bool _isReached, _useRanges = true, _isPatched;
    private long _received;

    /// <exception cref="ZImageException">One of the faults of downloads.</exception>
    public async Task<DownloadedFile> RunAsync(CancellationToken cancellation)
    {
        if (FindFixed(cancellation) is { } there)
            return there;
        using PartialFile partial = await HoldAsync(cancellation).ConfigureAwait(false);
        // Who had it before may have brought the whole of it.
        if (FindFixed(cancellation) is { } brought)
            return brought;
        long farthest = 0;
        for (int failures = 0; ;)
        {
            try
            {
                return await TryAsync(partial, cancellation).ConfigureAwait(false);
            }
            catch (RetryException e)
            {
                // Bytes that were there before are no progress: a host that always breaks off at one place would never be given up.
                failures = partial.Length > farthest ? 1 : failures + 1;
                farthest = Math.Max(farthest, partial.Length);
                await PauseAsync(partial, e, failures, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The file, where it is there and no question to the hub is needed to know that it is right.</summary>
    private DownloadedFile? FindFixed(CancellationToken cancellation)
    {
        if (force || !file.IsFixed || !ModelStore.IsThere(file) || ChecksumThere(cancellation) is not { } sha256 || (file.Sha256 ?? sha256) != sha256)
            return null;
        reporter.Verbose($"'{_path}' is there and right.");
        return ModelStore.Describe(file, _path, new FileInfo(_path).Length, sha256, fromCache: true);
    }

    private async Task<PartialFile> HoldAsync(CancellationToken cancellation)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            if (PartialFile.TryOpen(_path) is { } partial)
                return partial;
            if (isFirst)
            {
                reporter.Verbose($"'{_path}' is being downloaded already; waiting for it.");
                reporter.Enter(DownloadStage.Wait);
            }
            reporter.Report(0, file.Bytes);
            await _policy.Wait(_policy.LockDelay, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<DownloadedFile> TryAsync(PartialFile partial, CancellationToken cancellation)
    {
        reporter.Enter(DownloadStage.Receive);
        long usable = _useRanges ? partial.Usable(file) : 0;
        bool isComplete = usable > 0 && usable == partial.Record.Bytes && partial.Record.Sha256 is not null;
        if (!isComplete && await ReceiveAsync(partial, usable, cancellation).ConfigureAwait(false) is { } there)
            return there;

        reporter.Enter(DownloadStage.Check);
        string sha256 = partial.Sha256(done => reporter.Report(done, partial.Length), cancellation);
        string? expected = partial.Record.Sha256;
        if (expected is not null && sha256 != expected)
        {
            partial.Clear();
            if (_isPatched || isComplete)
            {
                (_isPatched, _useRanges) = (false, false);
                throw new RetryException("the parts do not make the file; it is fetched in one piece", TimeSpan.Zero);
            }
            throw new ChecksumMismatchException(file.Name, $"its SHA-256 is {sha256}, and {expected} is expected");
        }
        if (expected is null)
            reporter.Verbose($"Neither the catalogue nor the hub gives a SHA-256 for '{file.Name}'; only its length was checked.");
        partial.Finish(sha256);
        return ModelStore.Describe(file, _path, partial.Length, sha256, fromCache: false, _received, isVerified: expected is not null);
    }

    private async Task<DownloadedFile?> ReceiveAsync(PartialFile partial, long usable, CancellationToken cancellation)
    {
        using HubResponse response = await hub.OpenAsync(file, usable, partial.EntityTag, cancellation).ConfigureAwait(false);
        response.Check(file, hub.Options);
        _isReached = true;
        if (response.IsBeyondEnd || (response.IsPart && !response.Continues(usable, partial.Record.Bytes)))
        {
            partial.Clear();
            _useRanges = false;
            throw new RetryException("the host does not give the part that is missing; the file is fetched in one piece", TimeSpan.Zero);
        }
        DownloadRecord record = Expect(response);
        bool goesOn = response.IsPart && usable > 0;
        if (goesOn && (Differ(partial.Record.Sha256, record.Sha256) || Differ(partial.Record.EntityTag, record.EntityTag)))
        {
            partial.Clear();
            throw new RetryException("the file on the hub is another one now; it is fetched from its beginning", TimeSpan.Zero);
        }
        if (!goesOn)
        {
            if (FindUnchanged(record, cancellation) is { } there)
                return there;
            partial.Begin(record);
        }
        RequireRoom(record.Bytes, partial.Length);
        _isPatched |= goesOn;
        await CopyAsync(response, partial, cancellation).ConfigureAwait(false);
        return null;
    }

    private static bool Differ(string? one, string? other) => one is not null && other is not null && one != other;

    private DownloadRecord Expect(HubResponse response)
    {
        if (response.Bytes is { } bytes && (file.Bytes ?? bytes) != bytes)
            throw new ChecksumMismatchException(file.Name, FormattableString.Invariant($"it has {bytes} bytes, and {file.Bytes} are expected"));
        if (response.Sha256 is { } sha256 && (file.Sha256 ?? sha256) != sha256)
            throw new ChecksumMismatchException(file.Name, $"the hub says that its SHA-256 is {sha256}, and {file.Sha256} is expected");
        var record = new DownloadRecord { Bytes = file.Bytes ?? response.Bytes, Sha256 = file.Sha256 ?? response.Sha256, EntityTag = response.EntityTag?.ToString() };
        // The end of such an answer looks the same whether it is complete or cut off.
        return record.Bytes is null && record.Sha256 is null ? throw new DownloadFailedException(file.Name, "the host says neither its length nor its checksum") : record;
    }

    /// <summary>The file of a revision that may move, where what is there is what the hub has now.</summary>
    private DownloadedFile? FindUnchanged(DownloadRecord now, CancellationToken cancellation)
    {
        if (force || !File.Exists(_path) || now.Bytes != new FileInfo(_path).Length)
            return null;
        DownloadRecord? then = DownloadRecord.Read(_path);
        string? sha256 = ChecksumThere(cancellation);
        bool isSame = now.Sha256 is not null ? sha256 == now.Sha256 : now.EntityTag is not null && then?.Written is not null && then.EntityTag == now.EntityTag && sha256 == then.Sha256;
        return isSame ? ModelStore.Describe(file, _path, now.Bytes.Value, sha256, fromCache: true, isVerified: now.Sha256 is not null) : null;
    }

    private string? ChecksumThere(CancellationToken cancellation)
    {
        try
        {
            var info = new FileInfo(_path);
            DownloadRecord? record = DownloadRecord.Read(_path);
            if (record is not null && record.Describes(info))
                return record.Sha256;
            reporter.Enter(DownloadStage.Check);
            using FileStream stream = File.OpenRead(_path);
            string sha256 = Checksum.Of(stream, done => reporter.Report(done, info.Length), cancellation);
            // Where nothing else says what it must be, it is what it was.
            if (file.Sha256 is null && record is { Written: not null } && record.Sha256 != sha256)
                return null;
            Note(new DownloadRecord { Bytes = info.Length, Sha256 = sha256, Written = info.LastWriteTimeUtc });
            return sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be read is not right; downloading it says why it cannot be written.
            return null;
        }
    }

    private void Note(DownloadRecord record)
    {
        try
        {
            record.Write(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In a cache that may only be read it is checked anew the next time.
        }
    }

    private void RequireRoom(long? bytes, long there)
    {
        if (bytes - there is { } needed && _policy.FreeBytes(Path.GetDirectoryName(_path)!) is { } free && free < needed)
            throw new DiskFullException(_path, needed, free);
    }

    private async Task CopyAsync(HubResponse response, PartialFile partial, CancellationToken cancellation)
    {
        long? total = partial.Record.Bytes;
        byte[] buffer = new byte[BufferBytes];
        try
        {
            Stream body = await response.ReadAsync(cancellation).ConfigureAwait(false);
            reporter.Report(partial.Length, total);
            for (int read; (read = await hub.WithinLimitAsync(limited => body.ReadAsync(buffer, limited), cancellation).ConfigureAwait(false)) > 0;)
            {
                partial.Append(buffer.AsSpan(0, read));
                _received += read;
                reporter.Report(partial.Length, total);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new RetryException("the connection broke off", inner: e);
        }
        if (total is { } whole && partial.Length > whole)
        {
            partial.Clear();
            throw new ChecksumMismatchException(file.Name, FormattableString.Invariant($"more than {whole} bytes came"));
        }
        if (total is { } length && partial.Length < length)
            throw new RetryException("the connection was closed early");
    }

    private async Task PauseAsync(PartialFile partial, RetryException failure, int failures, CancellationToken cancellation)
    {
        TimeSpan delay = failure.After ?? _policy.DelayAfter(failures);
        if (failures >= _policy.Tries || (failure.FatalAtFirst && !_isReached))
            throw new DownloadFailedException(file.Name, failures > 1 ? FormattableString.Invariant($"{failure.Message}, {failures} times in a row") : failure.Message, inner: failure.InnerException);
        if (delay > _policy.LongestRetryAfter)
            throw new DownloadFailedException(file.Name, FormattableString.Invariant($"{failure.Message}, and asks to come back in {delay.TotalMinutes:0} minutes"));
        reporter.Verbose(FormattableString.Invariant($"'{file.Name}': {failure.Message}. Trying again in {delay.TotalSeconds:0.#} s."));
        if (delay <= TimeSpan.Zero)
            return;
        reporter.Enter(DownloadStage.Wait);
        reporter.Report(partial.Length, partial.Record.Bytes);
        await _policy.Wait(delay, cancellation).ConfigureAwait(false);
    }
}
