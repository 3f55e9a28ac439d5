#!/usr/bin/env bash
# `dehusk check` on a corpus of yours: MB of the file per CPU-second, and the memory it took.
#
#     benches/check.sh CORPUS.jsonl [ROUNDS] [OPTION OF check]...
#
# CPU time is user and system time of all threads together, MB are 10^6 bytes of the file. `wc -w` and the program take turns,
# so that both meet the same neighbours on the machine; the least time of ROUNDS (3 by default) is shown of each.
set -euo pipefail
corpus=$(realpath "${1:?usage: benches/check.sh CORPUS.jsonl [ROUNDS] [OPTION OF check]...}")
rounds=${2:-3}
shift $(($# < 2 ? $# : 2))
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --quiet --release
dehusk=${CARGO_TARGET_DIR:-target}/release/dehusk
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for _ in $(seq "$rounds"); do
    for name in wc check; do
        command=(wc -w "$corpus")
        [ $name = wc ] || command=("$dehusk" check "$corpus" --format json "$@")
        # A gate that fails ends check with 1.
        python3 - "${command[@]}" >>"$scratch/$name" <<'PY' || { cat "$scratch/$name" >&2; exit 1; }
import resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if run.returncode > 1:
    sys.exit(run.stderr.decode())
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
PY
    done
done
least() { sort -n "$scratch/$1" | head -n 1; }
read -r words _ <<<"$(least wc)"
read -r seconds memory <<<"$(least check)"
awk -v words="$words" -v seconds="$seconds" -v memory="$memory" -v bytes="$(stat -Lc %s "$corpus")" 'BEGIN {
    printf "%.0f MB: %.2f CPU s, %.1f MB a CPU-second, %.2f x wc -w, %.0f MiB at the peak\n",
        bytes / 1e6, seconds, bytes / 1e6 / seconds, seconds / words, memory / 1024
}'
