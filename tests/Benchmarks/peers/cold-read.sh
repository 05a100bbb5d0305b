#!/usr/bin/env bash
# Resident memory after one lookup in a space that was just opened, beside an empty Kestrel after one request.
#   cold-read.sh DATA SPACE ID     DATA: a data folder that holds the space in a checkpoint; the service is published first
set -euo pipefail
data="$(realpath "$1")" space="$2" id="$3"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
dotnet publish "$root/functions" -c Release -r linux-x64 --self-contained false -o "$work/service" -v q
dotnet publish "$root/tests/Benchmarks" -c Release -r linux-x64 --self-contained false -o "$work/bench" -v q

# measure NAME URL COMMAND...: starts it, waits for the answer to one request, tells its memory
measure() {
  local name="$1" url="$2" pid
  shift 2
  "$@" >"$work/log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    curl -sf "$url" -o /dev/null && break
    sleep 0.1
  done
  sleep 1
  awk -v name="$name" '/^(Rss|Pss):/ { printf "%s %s %.1f MB\n", name, $1, $2 / 1024 }' "/proc/$pid/smaps_rollup"
  kill "$pid"
  wait "$pid" || true
}

for _ in 1 2 3; do
  measure empty http://127.0.0.1:7412/ "$work/bench/Benchmarks" empty-kestrel 7412
  measure cairn "http://127.0.0.1:7413/v1/spaces/$space/concepts/$id" "$work/service/Cairn.Functions" --urls http://127.0.0.1:7413 --data "$data"
done
