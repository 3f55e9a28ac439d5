#!/usr/bin/env bash
# The whole program on a corpus of yours: MB of text per CPU-second, with one thread and with two.
#
#     benches/clean.sh CORPUS.jsonl [ROUNDS]
#
# CORPUS.jsonl is any file with a JSON object a line that has the page in "text", and "id" and "url" where there are
# such. From text files one can be made by:
#
#     for page in FOLDER/*.txt; do jq -cRs --arg id "$page" '{$id, text: .}' "$page"; done >CORPUS.jsonl
#
# CPU time is user and system time of all threads together, as the shell reports it. MB are 10^6 bytes of UTF-8 text,
# without the JSON around it. `wc -w` on the same file, right before, says how fast this machine is today. The best of
# ROUNDS (3 by default) is shown: whatever else runs here only adds to a time.
set -euo pipefail
corpus=$(realpath "${1:?usage: benches/clean.sh CORPUS.jsonl [ROUNDS]}")
rounds=${2:-3}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --release
dehusk=${CARGO_TARGET_DIR:-target}/release/dehusk
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
TIMEFORMAT='%3U %3S'

# The least CPU time of a command, in milliseconds. A corpus with a bad record is measured all the same.
cpu() {
    for _ in $(seq "$rounds"); do
        { time "$@" >"$scratch/said" 2>&1 || [ $? -eq 3 ]; } 2>>"$scratch/times" || { cat "$scratch/said" >&2; exit 1; }
    done
    tr -d . <"$scratch/times" | awk '{ sum = $1 + $2; if (NR == 1 || sum < least) least = sum } END { print least }'
    rm "$scratch/times"
}

words=$(cpu wc -w "$corpus")
printf '%-42s %8s %10s %8s\n' '' 'CPU s' 'MB/CPU s' '× wc -w'
for label in on off; do
    for threads in 1 2; do
        for decisions in without with; do
            out=("$dehusk" clean "$corpus" --overwrite --quiet --max-rejects 1000000 --threads "$threads" --label "$label"
                --work-dir "$scratch" -o "$scratch/corpus.jsonl" --report "$scratch/report.json")
            [ $decisions = without ] || out+=(--decisions "$scratch/decisions.jsonl")
            ms=$(cpu "${out[@]}")
            bytes=$(grep -m1 -o '"source": *[0-9]*' "$scratch/report.json" | tr -dc 0-9)
            awk -v name="label $label, $threads threads, $decisions decisions" -v ms="$ms" -v bytes="$bytes" -v words="$words" \
                'BEGIN { printf "%-42s %8.2f %10.1f %8.1f\n", name, ms / 1e3, bytes / 1e3 / ms, ms / words }'
        done
    done
done
