using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>
/// The asserts of the C library: ggml's Vulkan library for Windows is built with them, beside its own, and so are the CPU libraries of some of its
/// packages, which stop at NaN. They raise SIGABRT on the failing thread, and end the process when its handler returns.
/// </summary>
internal static unsafe partial class AbortSignal
{
    private const int SIGABRT = 22;

    /// <summary>Makes such an assert a fault of whoever runs native code. Linux builds have none, and there SIGABRT is the runtime's.</summary>
    internal static void Install()
    {
        if (OperatingSystem.IsWindows())
            _ = signal(SIGABRT, &OnSignal);
    }

    // Windows calls it like any function, on the failing thread, and forgets it when it does.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnSignal(int number)
    {
        _ = signal(SIGABRT, &OnSignal);
        if (NativeThread.IsAnyRunning)
            NativeThread.OnNativeAbort("an assert of the C library failed; its text went to the error output");
    }

    [LibraryImport("ucrtbase")] private static partial nint signal(int number, delegate* unmanaged[Cdecl]<int, void> handler);
}
