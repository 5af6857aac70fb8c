#!/bin/sh
# The browser of the browser tests: found, installed, or asked for by name.
set -eu

for name in ${ORKWORK_CHROMIUM:-} chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The browser tests need Chromium: install it, or set ORKWORK_CHROMIUM to its path." >&2
    exit 1
fi

if [ "$(id -u)" -eq 0 ]; then
    become=''
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    become='sudo -n'
else
    echo "The browser tests need Chromium: run 'sudo apt-get install chromium', or set ORKWORK_CHROMIUM to its path." >&2
    exit 1
fi

echo "Installing Chromium for the browser tests."
export DEBIAN_FRONTEND=noninteractive
$become apt-get update -qq
$become apt-get install -y -qq --no-install-recommends chromium >/dev/null
