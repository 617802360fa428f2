#!/bin/sh
# The entry where pwsh is not installed: it builds one of the library that pwsh is. With pwsh 7.6 or later it takes that.
#   ./build.sh build|demo|test|bench|pack|clean [options of build.ps1]
#   ./build.sh run -Command 'Get-ZDevice'
#   ./build.sh run -File script.ps1 [arguments]
#   ./build.sh run
# run imports the built module first and ends with the script's exit code; without a script it opens a prompt.
set -eu
export DOTNET_NOLOGO=1
root=$(cd "$(dirname "$0")" && pwd)

# The PowerShell of this machine, if it is new enough to import the module.
pwsh_is_supported() {
    command -v pwsh >/dev/null 2>&1 || return 1
    version=$(pwsh --version) || return 1
    version=${version#PowerShell }
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [ "$major" -gt 7 ] || { [ "$major" -eq 7 ] && [ "$minor" -ge 6 ]; }
}

# An argument as PowerShell text: a name stays a name, everything else becomes a string, as after pwsh -File.
quote() {
    case $1 in
        -[A-Za-z_]*:'$true' | -[A-Za-z_]*:'$false') printf ' %s' "$1" ;;
        -[A-Za-z_]*:*) printf " %s:'%s'" "${1%%:*}" "$(printf %s "${1#*:}" | sed "s/'/''/g")" ;;
        -[A-Za-z_]*) printf ' %s' "$1" ;;
        *) printf " '%s'" "$(printf %s "$1" | sed "s/'/''/g")" ;;
    esac
}

run() {
    import="Import-Module$(quote "$root/ZImage.psd1") -ErrorAction Stop;"
    if [ "${1:-}" = -File ] && [ $# -ge 2 ]; then
        shift
        case $1 in /*) script=$1 ;; *) script=$PWD/$1 ;; esac
        shift
        text="&$(quote "$script")"
        for argument in "$@"; do
            text=$text$(quote "$argument")
        done
        exec pwsh -NoProfile -Command "$import $text; if (-not \$?) { exit \$LASTEXITCODE }"
    elif [ "${1:-}" = -Command ] && [ $# -ge 2 ]; then
        shift
        exec pwsh -NoProfile -Command "$import $*"
    elif [ $# -eq 0 ]; then
        exec pwsh -NoProfile -NoExit -Command "$import"
    fi
    echo 'build.sh: run takes -Command TEXT or -File SCRIPT [ARGUMENTS]; with neither a prompt opens.' >&2
    exit 64
}

# ZImage.Host is pwsh made from its package; it is built again only when its sources are newer than it.
build_host() {
    host=$root/artifacts/host
    if [ -x "$host/pwsh" ] && [ -z "$(find "$root/src/ZImage.Host" "$root/Directory.Build.props" "$root/Directory.Build.targets" "$root/Directory.Packages.props" "$root/global.json" -type f -newer "$host/pwsh" -print)" ]; then
        return
    fi
    command -v dotnet >/dev/null 2>&1 || {
        echo 'build.sh: dotnet was not found. Install the .NET 10 SDK and start a new shell.' >&2
        exit 1
    }
    echo 'Building ZImage.Host, because pwsh 7.6 is not installed' >&2
    rm -rf "$host"
    dotnet publish "$root/src/ZImage.Host" -c Release -o "$host" --nologo -v q -nodeReuse:false
    touch "$host/pwsh"
}

task=${1:-build}
[ $# -eq 0 ] || shift

if ! pwsh_is_supported; then
    build_host
    PATH=$root/artifacts/host:$PATH
    export PATH
fi
if [ "$task" = run ]; then
    run "$@"
fi
exec pwsh -NoProfile -File "$root/build.ps1" "$task" "$@"
