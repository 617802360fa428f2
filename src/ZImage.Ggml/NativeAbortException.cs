namespace ZImage.Ggml;

/// <summary>An assert inside ggml failed. The run is lost, the process is not. ErrorId <c>NativeAbort</c>.</summary>
public sealed class NativeAbortException : ZImageException
{
    internal NativeAbortException(string nativeMessage, Exception? inner = null)
        : base("NativeAbort", $"ggml stopped: {nativeMessage}",
            "The session cannot compute any more: remove it and import the model again. If it happens again, report the message with the settings that led to it.",
            target: null, inner)
        => NativeMessage = nativeMessage;

    /// <summary>What ggml said: file, line and condition.</summary>
    public string NativeMessage { get; }

    public override bool EndsSession => true;
}

/// <summary>A device could not give the memory asked for. ErrorId <c>DeviceOutOfMemory</c>.</summary>
public sealed class DeviceOutOfMemoryException(string device, long bytes, string purpose)
    : ZImageException("DeviceOutOfMemory",
        $"The device {device} could not allocate {bytes / 1048576.0:F1} MiB for {purpose}.",
        "Close other programs that use the device, make a smaller image, or choose another device.", device)
{
    /// <summary>Bytes asked for in the allocation that failed.</summary>
    public long Bytes { get; } = bytes;
}

/// <summary>A device was asked for that is not there. ErrorId <c>DeviceNotFound</c>.</summary>
public sealed class DeviceNotFoundException(string name, string? available, string? reason = null)
    : ZImageException("DeviceNotFound",
        $"There is no usable device '{name}'.{(reason is null ? "" : " " + reason)}{(available is null ? "" : $" Devices here: {available}.")}",
        "Run Get-ZDevice to see the devices and what keeps others from working.", name);

/// <summary>A backend ended a graph with an error status. ErrorId <c>ComputeFailed</c>.</summary>
public sealed class ComputeFailedException(string device, int status)
    : ZImageException("ComputeFailed", $"The device {device} ended a computation with status {status}.",
        "Try again; if it stays, import the model again or choose another device.", device);
