#!/bin/bash
# Runs a program for Windows under Wine in a Windows of its own, which is gone afterwards; ends with the program's exit code.
#   tests/wine.sh WINE PROGRAM [ARGUMENTS]
set -u
wine=$1
shift
place=$(mktemp -d)
trap '"$(dirname "$wine")/wineserver" -k 2>/dev/null || wineserver -k 2>/dev/null; rm -rf "$place"' EXIT

export WINEPREFIX=$place/prefix WINEARCH=win64 WINEDEBUG=-all
# No window opens, and libraries named for this system are none for Windows.
unset DISPLAY WAYLAND_DISPLAY ZIMAGE_NATIVE_PATH
# The runtime changes the rights of memory it has written code to in ways that Wine does not always follow.
export DOTNET_EnableWriteXorExecute=0

# mscoree, Wine's own .NET, would be installed when Windows is set up; later its name must be free for the real one.
WINEDLLOVERRIDES='mscoree,mshtml=' timeout 180 "$wine" wineboot -i >/dev/null 2>&1 </dev/null || {
    echo 'wine.sh: Wine could not set up its Windows.' >&2
    exit 1
}
timeout 60 "$wine" reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null 2>&1 </dev/null

# Without the first an unhandled exception ends with exit code 0. Vulkan needs a display, so there is none.
export WINEDLLOVERRIDES='winedbg.exe=d;mshtml=;vulkan-1='
# DXGI without a display: one adapter that cannot draw, but has an account of its memory.
export WINE_D3D_CONFIG='renderer=no3d'
timeout 900 "$wine" "$@" </dev/null 2> >(grep -v 'volume label and serial are not available' >&2)
