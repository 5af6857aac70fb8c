#!/bin/sh
# The browser of the browser tests: found, installed, or asked for by name. Chromium's headless shell is preferred: the full
# browser draws windows of its own that nobody sees, which takes longer than the pages.
set -eu

found() {
    for name in "$@"; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

found ${ORKWORK_CHROMIUM:-} chromium-headless-shell && exit 0

become=none
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" -eq 0 ]; then
        become=''
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        become='sudo -n'
    fi
fi
if [ "$become" != none ]; then
    echo "Installing Chromium's headless shell for the browser tests."
    export DEBIAN_FRONTEND=noninteractive
    patience='-o Acquire::Retries=1 -o Acquire::http::Timeout=20'
    $become apt-get update -qq $patience \
        && $become apt-get install -y -qq $patience --no-install-recommends chromium-headless-shell >/dev/null && exit 0
fi

found chromium chromium-browser google-chrome google-chrome-stable && exit 0
echo "The browser tests need Chromium: run 'sudo apt-get install chromium-headless-shell' (or chromium), or set" >&2
echo "ORKWORK_CHROMIUM to its path." >&2
exit 1
