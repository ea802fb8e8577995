#!/usr/bin/env bash
# WebKit's driver expects `--port=N` as one argument; the test runner may pass two.
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
