#!/usr/bin/env bash
# A corpus in ten instalments with an index against one run over it: the same bytes, how much CPU time, how much disk.
#
# usage: benches/index.sh CORPUS.jsonl
set -euo pipefail
corpus=$(realpath "$1")
cd "$(dirname "$0")/.."
cargo build --release --quiet
dehusk=$PWD/target/release/dehusk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
split -n l/10 -d --additional-suffix=.jsonl "$corpus" part-

flags=(--label off --overwrite --set guard.action=off -q)
TIMEFORMAT='%U user, %S system'
echo "one run:"
time "$dehusk" clean part-*.jsonl -o whole.jsonl --set 'dedup.keep=["first"]' "${flags[@]}"
echo "ten instalments:"
time for part in part-*.jsonl; do "$dehusk" clean "$part" -o "kept-$part" --index seen "${flags[@]}"; done
cat kept-part-*.jsonl | cmp - whole.jsonl && echo "the same bytes"
echo "a hundred documents more:"
head -100 part-00.jsonl | sed 's/"id": *"/&again-/' > few.jsonl
time "$dehusk" clean few.jsonl -o few.out.jsonl --index seen "${flags[@]}"
"$dehusk" index stats seen | grep -v '^dedup\|^label\|^instalment'
