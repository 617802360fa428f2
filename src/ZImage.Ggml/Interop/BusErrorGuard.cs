using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ZImage.Ggml.Interop;

/// <summary>
/// Keeps the process alive when a page of a mapped file cannot be read any more: the file was cut short, or its drive or share is gone. Linux
/// sends SIGBUS then, to whichever thread touched the page, and the runtime ends the process. Here a handler puts zeros where the rest of the
/// file was and notes it; the reader goes on, and <see cref="WasHit"/> tells whoever looks at the result. Every other SIGBUS goes on to the
/// handler that was there before. Windows refuses to cut a mapped file short;
/// a share that is lost while it is read ends the process there.
/// </summary>
/// <remarks>
/// The handler is machine code, because managed code cannot run inside a signal: the thread may be ggml's, or in the middle of managed code.
/// </remarks>
internal static unsafe partial class BusErrorGuard
{
    private const int Slots = 512;
    private const int SIGBUS = 7;
    private const int PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
    private const int MAP_PRIVATE = 2, MAP_ANONYMOUS = 0x20;
    private const int PageBytes = 4096;
    private const int TableAt = 0x0A, CountAt = 0x13, PreviousAt = 0x2C;

    private static readonly Lock s_lock = new();
    private static Slot* s_table;
    private static bool s_tried;

    /// <summary>Watches over a mapping; null where that is not needed, or not possible.</summary>
    internal static Slot* Watch(byte* start, long length)
    {
        lock (s_lock)
        {
            if (!s_tried)
            {
                s_tried = true;
                if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64)
                    Install();
            }
            for (int i = 0; s_table is not null && i < Slots; i++)
            {
                Slot* slot = s_table + i;
                if (slot->End != null)
                    continue;
                slot->Hit = 0;
                slot->Start = start;
                // Last, because the handler may look at any time: without an end nothing lies inside.
                Volatile.Write(ref *(nint*)&slot->End, (nint)(start + length));
                return slot;
            }
            return null;
        }
    }

    /// <summary>Ends the watch; before the mapping goes.</summary>
    internal static void Forget(Slot* slot)
    {
        if (slot is not null)
            Volatile.Write(ref *(nint*)&slot->End, 0);
    }

    /// <summary>Whether zeros stand for a part of the file.</summary>
    internal static bool WasHit(Slot* slot) => slot is not null && Volatile.Read(ref slot->Hit) != 0;

    private static void Install()
    {
        // struct sigaction of glibc and musl on x86-64: handler, mask, flags, restorer.
        const int ActionBytes = 152;
        byte* action = stackalloc byte[ActionBytes];
        if (sigaction(SIGBUS, null, action) != 0)
            return;
        nint previous = *(nint*)action;
        // The default action cannot be called; the runtime has set a handler, so this is no process of ours.
        if (previous is 0 or 1)
            return;

        byte* code = (byte*)mmap(null, PageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (code == (byte*)-1)
            return;
        var table = (Slot*)NativeMemory.AllocZeroed(Slots, (nuint)sizeof(Slot));
        var page = new Span<byte>(code, PageBytes);
        Handler.CopyTo(page);
        BinaryPrimitives.WriteInt64LittleEndian(page[TableAt..], (nint)table);
        BinaryPrimitives.WriteInt32LittleEndian(page[CountAt..], Slots);
        BinaryPrimitives.WriteInt64LittleEndian(page[PreviousAt..], previous);
        *(nint*)action = (nint)code;
        // Mask and flags stay those of the handler before, which may be called with the same arguments. Table and code stay for good.
        if (mprotect(code, PageBytes, PROT_READ | PROT_EXEC) == 0 && sigaction(SIGBUS, action, null) == 0)
            s_table = table;
    }

    private static ReadOnlySpan<byte> Handler =>
    [
        0xF3, 0x0F, 0x1E, 0xFA,                                     // endbr64
        0x48, 0x8B, 0x46, 0x10,                                     // mov  rax, [rsi+16]      the address, from siginfo
        0x49, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,                         // mov  r8, table
        0xB9, 0, 0, 0, 0,                                           // mov  ecx, slots
        0x49, 0x3B, 0x00,                                           // search: cmp rax, [r8]
        0x72, 0x06,                                                 // jb   next
        0x49, 0x3B, 0x40, 0x08,                                     // cmp  rax, [r8+8]
        0x72, 0x14,                                                 // jb   found
        0x49, 0x83, 0xC0, 0x18,                                     // next: add r8, 24
        0xFF, 0xC9,                                                 // dec  ecx
        0x75, 0xED,                                                 // jnz  search
        0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0,                         // before: mov rax, previous handler
        0xFF, 0xE0,                                                 // jmp  rax
        0x57, 0x56, 0x52,                                           // found: push rdi, rsi, rdx
        0x49, 0xC7, 0x40, 0x10, 0x01, 0x00, 0x00, 0x00,             // mov  qword [r8+16], 1   the hit
        0x48, 0x89, 0xC7,                                           // mov  rdi, rax
        0x48, 0x81, 0xE7, 0x00, 0xF0, 0xFF, 0xFF,                   // and  rdi, -4096         from this page
        0x49, 0x8B, 0x70, 0x08,                                     // mov  rsi, [r8+8]
        0x48, 0x29, 0xFE,                                           // sub  rsi, rdi           to the mapping's end
        0xBA, 0x01, 0x00, 0x00, 0x00,                               // mov  edx, PROT_READ
        0x41, 0xBA, 0x32, 0x00, 0x00, 0x00,                         // mov  r10d, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS
        0x49, 0xC7, 0xC0, 0xFF, 0xFF, 0xFF, 0xFF,                   // mov  r8, -1
        0x45, 0x31, 0xC9,                                           // xor  r9d, r9d
        0xB8, 0x09, 0x00, 0x00, 0x00,                               // mov  eax, mmap
        0x0F, 0x05,                                                 // syscall
        0x5A, 0x5E, 0x5F,                                           // pop  rdx, rsi, rdi
        0x48, 0x3D, 0x01, 0xF0, 0xFF, 0xFF,                         // cmp  rax, -4095
        0x73, 0xB1,                                                 // jae  before             no zeros to be had
        0xC3,                                                       // ret
    ];

    /// <summary>A mapping: first byte, byte behind the last, and whether a page of it was lost. The handler knows this layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Slot
    {
        internal byte* Start;
        internal byte* End;
        internal long Hit;
    }

    [LibraryImport("libc")] private static partial int sigaction(int signum, byte* act, byte* oldact);
    [LibraryImport("libc")] private static partial void* mmap(void* addr, nuint length, int prot, int flags, int fd, nint offset);
    [LibraryImport("libc")] private static partial int mprotect(void* addr, nuint len, int prot);
}
