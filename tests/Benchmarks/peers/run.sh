#!/usr/bin/env bash
# Runs Cairn beside its peers in one run and prints the table. Usage: run.sh HARNESS_FOLDER
#   PEERS="floor floor+kestrel redis pg sqlite kuzu lancedb cairn cairn+ingest cairn+ingest-commits"   those with a + behind cairn load only,
#                             kuzu and lancedb load and answer W8 only
#   STAGES="w1 ops cold writes burst"   W1; W4, W5, W6, W8, W9; W11; W2, W3; W10.  w1 is always run, since the others need its data
#                             search: W7, with vectors, which are loaded for it (pg, lancedb, cairn); not run unless asked for
#   REPS=3  SECS=2  N=100k|10k  CAP=240 (seconds after which a stage is stopped)  KEEP=1 keeps the databases
# The rows go to HARNESS_FOLDER/results/cairn-<time>.jsonl, the table beside them. Nothing else may run on the machine meanwhile.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repo="$(cd "$here/../../.." && pwd)"
harness="$(cd "${1:?usage: run.sh HARNESS_FOLDER}" && pwd)" || exit 1
[ -f "$harness/run.mjs" ] || { echo "$harness has no run.mjs: not the harness" >&2; exit 1; }

REPS=${REPS:-3} SECS=${SECS:-2} N=${N:-100k} CAP=${CAP:-240}
PEERS=${PEERS:-"floor floor+kestrel redis pg sqlite kuzu lancedb cairn cairn+ingest cairn+ingest-commits"}
STAGES=" ${STAGES:-w1 ops cold writes burst} "
export UV_THREADPOOL_SIZE=24 NODE_NO_WARNINGS=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export CAIRN_CMD="${CAIRN_CMD:-dotnet $repo/functions/bin/published/Cairn.Functions.dll}"

dotnet publish -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o "$repo/functions/bin/published" -v q --nologo "$repo/functions" || exit 1
cp "$here/cairn.mjs" "$harness/drivers/cairn.mjs"
cd "$harness" && mkdir -p results run logs
name="cairn-$(date -u +%Y%m%d-%H%M%S)"
rows="results/$name.jsonl" log="logs/$name.log"
: >"$rows"

# stage PEER STAGE COMMAND...: a stage that hangs is stopped, and the next one goes on.
stage() {
  local peer=$1 stage=$2 began=$SECONDS
  shift 2
  timeout --kill-after=15 "$CAP" "$@" --stage "$stage" --out "$rows" >>"$log" 2>&1
  local status=$?
  echo "$(date -u +%T) load $(cut -d' ' -f1 /proc/loadavg)  $peer $stage: $([ $status -eq 0 ] && echo done || echo "FAILED ($status)") in $((SECONDS - began)) s"
  return $status
}

# stop_left PEER: ends the servers that a stopped stage left behind, found by the pid files and ports that are the harness's own.
stop_left() {
  [ -f run/pg/data/postmaster.pid ] && kill -INT "$(head -1 run/pg/data/postmaster.pid)" 2>/dev/null
  command -v redis-cli >/dev/null && redis-cli -p 16379 shutdown nosave >/dev/null 2>&1
  local port pid
  for port in 15480 15490; do
    pid="$(ss -ltnpH "sport = :$port" 2>/dev/null | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -1)"
    [ -n "$pid" ] && kill "$pid" 2>/dev/null
  done
  sleep 0.5
  [ -n "${KEEP:-}" ] || rm -rf "run/$1" "run/$1.log"
}

# rest PEER COMMAND...: the stages behind the load that are asked for, in the order that keeps the reads on freshly loaded data.
rest() {
  local peer=$1 name only
  shift
  for name in ops cold writes burst; do
    [[ "$STAGES" == *" $name "* ]] || continue
    only=()
    case $peer:$name in
      cairn+*:* | kuzu*:cold | kuzu*:writes | kuzu*:burst | lancedb*:cold | lancedb*:writes | lancedb*:burst) continue ;;
      floor+kestrel:cold) continue ;; # it keeps nothing
      kuzu*:ops | lancedb*:ops) only=(--only W8) ;;
      sqlite:ops) ;; # its driver takes no such word
      *:ops) only=(--only W4,W5,W6,W8,W9,Wextra) ;;
    esac
    stage "$peer" "$name" "$@" "${only[@]}"
  done
  if [[ "$STAGES" == *" search "* && $peer =~ ^(pg|lancedb|cairn)$ ]]; then
    stage "$peer" w1,ops "$@" --vec --only W7text,W7vector,W7vectorlabel,W7hybrid,Wextra
  fi
}

for peer in $PEERS; do
  case $peer in
    sqlite) run=(/usr/bin/python3 drivers/sqlite_fts.py) ;;
    *) run=(node run.mjs --peer "$peer") ;;
  esac
  loads=$REPS
  case $peer in kuzu* | lancedb*) loads=1 ;; esac # only what they answer is asked for
  stage "$peer" w1 "${run[@]}" --secs "$SECS" --n "$N" --reps "$loads" && rest "$peer" "${run[@]}" --secs "$SECS" --n "$N" --reps "$REPS"
  stop_left "$peer"
done

# SQLite's driver measures more than was asked for.
searches=""
[[ "$STAGES" == *" search "* ]] && searches="7|"
grep -E '"workload": ?"(W([1-6]|'"$searches"'8|9|10|11) |floor )|"metric": ?"failed"' "$rows" >"$rows.asked"
/usr/bin/python3 report.py "$rows.asked" | tee "results/$name.md"
rm "$rows.asked"
echo "rows: $harness/$rows   table: $harness/results/$name.md   log: $harness/$log"
