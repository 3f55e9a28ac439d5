#!/usr/bin/env bash
# What `rededup` saves: CPU seconds of a fresh run, of one that keeps its work folder, and of other thresholds from the folder,
# each compared byte for byte with a fresh run at that threshold.
#
#     benches/rededup.sh CORPUS.jsonl [THRESHOLD...]
#
# The corpus is one as for benches/clean.sh. CPU time is user and system time of all threads together; two threads, with
# decisions.
set -euo pipefail
corpus=$(realpath "${1:?usage: benches/rededup.sh CORPUS.jsonl [THRESHOLD...]}")
shift
[ $# -gt 0 ] || set -- 0.5 0.65 0.8 0.9 1.0
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --release
dehusk=${CARGO_TARGET_DIR:-target}/release/dehusk
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
TIMEFORMAT='%3U %3S'

# Runs `dehusk` with outputs of this name, and shows the CPU time. A corpus with a bad record is measured all the same.
cpu() {
    local name=$1 out=$2
    shift 2
    { time "$dehusk" "$@" -o "$scratch/$out.jsonl" --decisions "$scratch/$out.decisions.jsonl" --report "$scratch/$out.json" \
        --overwrite --quiet --threads 2 --max-rejects 1000000 2>/dev/null; } 2>"$scratch/time"
    awk -v name="$name" '{ printf "%-44s %8.2f\n", name, $1 + $2 }' "$scratch/time"
}

for label in on off; do
    cpu "label $label, fresh" fresh clean "$corpus" --label "$label"
    rm -rf "$scratch/work"
    cpu "label $label, fresh, keeps its work" kept clean "$corpus" --label "$label" --keep-work "$scratch/work"
    du -sb "$scratch/work" | awk '{ printf "    the folder: %d MB\n", $1 / 1e6 }'
    for threshold in "$@"; do
        cpu "label $label, fresh, threshold $threshold" fresh clean "$corpus" --label "$label" \
            --set "dedup.threshold=$threshold"
        cpu "label $label, rededup --threshold $threshold" again rededup "$scratch/work" --threshold "$threshold"
        for file in jsonl decisions.jsonl json; do
            cmp "$scratch/fresh.$file" "$scratch/again.$file"
        done
    done
done
