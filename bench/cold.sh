#!/usr/bin/env bash
# How long a cold `analyze` takes, and how much memory: bench/cold.sh PROGRAM [RUNS]. The machine should be idle.
set -euo pipefail
program=${1:?the program} runs=${2:-15} scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
study=$(dirname "$0")/../examples/normal.dcm
measure() {
    local name=$1
    shift
    for run in $(seq "$runs"); do
        /usr/bin/time -o "$scratch/time" -f '%e %U %M' "$program" analyze "$study" "${@//RUN/$scratch/$run}" >/dev/null
        cat "$scratch/time"
        rm -rf "${scratch:?}"/[0-9]*
    done | sort -n | awk -v name="$name" '
        { wall[NR] = $1; cpu[NR] = $2; if ($3 > most) most = $3 }
        END { printf "| %s | %.2f (%.2f to %.2f) | %.2f | %d |\n", name, wall[int((NR + 1) / 2)], wall[1], wall[NR], cpu[int((NR + 1) / 2)], most / 1024 }'
}
echo '| command | wall clock, s: median (range) | CPU, s | most memory, MiB |'
echo '| --- | --- | --- | --- |'
measure 'analyze'
measure 'analyze --report' --report RUN
measure 'analyze --report --pdf' --report RUN --pdf RUN.pdf
