#!/usr/bin/env bash
# A steady load of single writes and reads on a Cairn of its own whose data lies in an Azurite of its own. Usage: soak.sh [--local] [--seconds N] [--writes N] [--reads N] [--every N]
# --local: in a folder instead. AZURITE: the script azurite.js of an installed one; without it npx gets one.
set -euo pipefail
repo="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
dotnet publish -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$repo/functions/bin/published" -v q --nologo "$repo/functions" >&2
dotnet build -c Release -v q --nologo "$repo/tests/Benchmarks" >&2
work="$(mktemp -d)"
pids=()
# Each in a process group of its own: what npx starts does not end with it.
set -m
trap 'for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
for port in 15481 15482 15483 15496; do
  if (exec 3<>/dev/tcp/127.0.0.1/"$port") 2>/dev/null; then echo "port $port is in use: something else would be measured" >&2; exit 1; fi
done
if [ "${1:-}" = --local ]; then
  shift
  export CAIRN_DATA="$work/data"
  unset AzureWebJobsStorage
else
  arguments=(--silent --disableTelemetry --skipApiVersionCheck --location "$work/azurite" --blobPort 15481 --queuePort 15482 --tablePort 15483)
  if [ -n "${AZURITE:-}" ]; then node "$AZURITE" "${arguments[@]}" >"$work/azurite.log" 2>&1 & else npx --yes azurite@3.35.0 "${arguments[@]}" >"$work/azurite.log" 2>&1 & fi
  pids+=($!)
  key='Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
  export AzureWebJobsStorage="DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=$key;BlobEndpoint=http://127.0.0.1:15481/devstoreaccount1;QueueEndpoint=http://127.0.0.1:15482/devstoreaccount1;TableEndpoint=http://127.0.0.1:15483/devstoreaccount1;"
  export CAIRN_CACHE="$work/cache"
  for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/15483) 2>/dev/null && break; sleep 0.1; done
fi
dotnet "$repo/functions/bin/published/Cairn.Functions.dll" --urls http://127.0.0.1:15496 >"$work/log" 2>&1 &
server=$!
pids=("$server" "${pids[@]}")
for _ in $(seq 100); do curl -sf http://127.0.0.1:15496/health/ready >/dev/null && break; sleep 0.1; done
dotnet "$repo/tests/Benchmarks/bin/Release/net10.0/Benchmarks.dll" soak http://127.0.0.1:15496 --pid "$server" "$@" || { code=$?; cat "$work/log" >&2; exit "$code"; }
