#!/usr/bin/env bash
# 10,000 open connections to a Cairn of its own, 200 of them busy for 10 s. Usage: connections.sh [--idle N] [--busy N] [--seconds N]
set -euo pipefail
repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
ulimit -n "$(ulimit -Hn)"
[ "$(ulimit -n)" -ge 11000 ] || echo "only $(ulimit -n) open files are allowed: raise the limit, or open fewer with --idle" >&2
dotnet publish -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$repo/functions/bin/published" -v q --nologo "$repo/functions" >&2
dotnet build -c Release -v q --nologo "$repo/tests/Benchmarks" >&2
work="$(mktemp -d)"
dotnet "$repo/functions/bin/published/Cairn.Functions.dll" --urls http://127.0.0.1:15495 --data "$work/data" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do curl -sf http://127.0.0.1:15495/health/ready >/dev/null && break; sleep 0.1; done
curl -sf -X PUT http://127.0.0.1:15495/v1/spaces/bench/concepts/ada -H 'Content-Type: application/json' \
  -d '{"content":"Wrote the first program.","attributes":{"born":1815}}' >/dev/null
dotnet "$repo/tests/Benchmarks/bin/Release/net10.0/Benchmarks.dll" connections http://127.0.0.1:15495/v1/spaces/bench/concepts/ada --pid "$server" "$@"
