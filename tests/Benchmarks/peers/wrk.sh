#!/usr/bin/env bash
# Lookups by C clients, 50 connections, taking turns in one run. Usage: wrk.sh HARNESS_FOLDER
#   an empty Kestrel endpoint, the harness's bare store on Kestrel, Cairn (all by wrk), and Redis (by redis-benchmark)
#   ROUNDS=3  SECS=5  CONNECTIONS=50
# Prints the median of each and its ratio to the empty endpoint. Needs wrk and redis-server; nothing else may run on the machine.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repo="$(cd "$here/../../.." && pwd)"
harness="$(cd "${1:?usage: wrk.sh HARNESS_FOLDER}" && pwd)"
for tool in wrk redis-server redis-benchmark node; do command -v "$tool" >/dev/null || { echo "$tool is missing" >&2; exit 1; }; done
ROUNDS=${ROUNDS:-3} SECS=${SECS:-5} CONNECTIONS=${CONNECTIONS:-50}
export COUNT=10000 PREFIX UV_THREADPOOL_SIZE=24 NODE_NO_WARNINGS=1
export CAIRN_CMD="${CAIRN_CMD:-dotnet $repo/functions/bin/published/Cairn.Functions.dll}"
dotnet publish -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$repo/functions/bin/published" -v q --nologo "$repo/functions" >&2
dotnet build -c Release -v q --nologo "$repo/tests/Benchmarks" >&2
cp "$here/cairn.mjs" "$harness/drivers/cairn.mjs"

work="$(mktemp -d)"
loaders=() servers=()
finish() {
  exec 8>&- 9>&- # the ends of the loaders' inputs: each ends its server and goes
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${servers[@]}" "${loaders[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# wait_for WHAT COMMAND...: until the command succeeds, at most two minutes.
wait_for() {
  local what=$1
  shift
  for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  echo "$what did not start" >&2
  exit 1
}

mkfifo "$work/8" "$work/9"
(cd "$harness" && exec node "$here/serve.mjs" "$harness" floor+kestrel 10k) <"$work/8" >"$work/floor" 2>&1 & loaders+=($!)
exec 8>"$work/8"
(cd "$harness" && exec node "$here/serve.mjs" "$harness" cairn 10k) <"$work/9" >"$work/cairn" 2>&1 8>&- & loaders+=($!)
exec 9>"$work/9"
dotnet "$repo/tests/Benchmarks/bin/Release/net10.0/Benchmarks.dll" empty-kestrel 15470 >"$work/empty" 2>&1 8>&- 9>&- & servers+=($!)
redis-server --port 16380 --bind 127.0.0.1 --save '' --appendonly no --dir "$work" >"$work/redis" 2>&1 8>&- 9>&- & servers+=($!)
wait_for "the floor" grep -q ready "$work/floor"
wait_for cairn grep -q ready "$work/cairn"
wait_for "the empty server" curl -sf http://127.0.0.1:15470/
wait_for redis redis-cli -p 16380 ping
redis-benchmark -p 16380 -t set -n 100000 -r "$COUNT" -d 300 -q >/dev/null

by_wrk() { # name, port, path before the id
  PREFIX=$3
  local out
  out="$(wrk -t1 -c"$CONNECTIONS" -d"${SECS}s" -s "$here/random.lua" "http://127.0.0.1:$2/")"
  grep -q 'Non-2xx\|Socket errors' <<<"$out" && echo "$1: $(grep 'Non-2xx\|Socket errors' <<<"$out")" >&2
  echo "$1 $(awk '/Requests\/sec/ { print $2 }' <<<"$out")" | tee -a "$work/figures"
}
by_redis() {
  local first rate
  first="$(redis-benchmark -p 16380 -c "$CONNECTIONS" -t get -r "$COUNT" -n 50000 --csv | awk -F'"' '/GET/ { print int($4) }')"
  rate="$(redis-benchmark -p 16380 -c "$CONNECTIONS" -t get -r "$COUNT" -n "$((first * SECS))" --csv | awk -F'"' '/GET/ { print $4 }')"
  echo "redis $rate" | tee -a "$work/figures"
}

for _ in $(seq "$ROUNDS"); do
  by_wrk empty-kestrel 15470 /
  by_wrk floor-kestrel 15480 /concepts/
  by_wrk cairn 15490 /v1/spaces/bench/concepts/
  by_redis
done
echo "$(date -u +%FT%TZ) $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg); lookups/s of $CONNECTIONS connections, median of $ROUNDS x $SECS s"
python3 - "$work/figures" <<'P'
import sys, statistics
figures = {}
for line in open(sys.argv[1]):
    name, rate = line.split()
    figures.setdefault(name, []).append(float(rate))
base = statistics.median(figures["empty-kestrel"])
for name, rates in figures.items():
    middle = statistics.median(rates)
    print(f"{name:14} {middle:>10,.0f}   {middle / base:.2f} of empty-kestrel   ({min(rates):,.0f}-{max(rates):,.0f})")
P
