#!/usr/bin/env bash
# WebKit's driver wants `--port=N` in one word; the test runner may say it in two.
set -euo pipefail
port=''
while [ $# -gt 0 ]; do
  case "$1" in
    --port=*) port="${1#--port=}" ;;
    --port) port="$2"; shift ;;
  esac
  shift
done
exec WebKitWebDriver --port="$port"
