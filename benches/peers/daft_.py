"""Daft: a data-frame engine in Rust with an expression for MinHash. Reader, normalising and sketches are its own.

What follows the sketches, its manual builds by hand from data-frame operations, and so do we: documents are grouped by
each band in Daft, and the connected components are found here, since Daft has no operation for that. The
sketches alone are a variant of their own, as that is the part which Daft promises; it removes nothing.
"""

import sys
from pathlib import Path
from typing import Any

from adapter import SHINGLE, Variant, main, write_removed

PACKAGE = "daft"
BANDS, ROWS = 9, 7
_SKETCH = f"normalize(), minhash() with {BANDS * ROWS} hashes, {SHINGLE}-grams, xxhash"
SKETCHES_ONLY = "Daft, sketches alone"
VARIANTS = [
    Variant(SKETCHES_ONLY, _SKETCH, "everything but reading and sketching"),
    Variant(
        "Daft, banding by hand",
        f"{_SKETCH}; {BANDS}×{ROWS} bands, connected components, first of each stays",
        "ids only: banding in its operations and components are ours; nothing verified",
    ),
]


def sketches(corpus: Path) -> Any:
    """The frame of ids and sketches, not yet computed."""
    import daft
    from daft import col
    from daft.functions import minhash, normalize

    daft.set_runner_native(num_threads=1)
    text = normalize(col("text"), remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
    sketch = minhash(text, num_hashes=BANDS * ROWS, ngram_size=SHINGLE, seed=42, hash_function="xxhash")
    return daft.read_json(str(corpus)).select(col("id"), sketch.alias("sketch"))


def run(corpus: Path, work: Path, variant: str) -> None:
    """Sketch, and unless that is all, group by band and keep the first of each component."""
    frame = sketches(corpus)
    if variant == SKETCHES_ONLY:
        frame.collect()
    else:
        order, groups = banded(frame)
        write_removed(work, components(order, groups))


def banded(frame: Any) -> tuple[list[str], list[list[int]]]:
    """All ids in order, and the numbers of the documents that have a band in common."""
    from daft import col
    from daft.functions import hash, list_agg, list_count, monotonically_increasing_id, slice

    frame = frame.with_column("number", monotonically_increasing_id()).collect()
    order = frame.select("id").to_pydict()["id"]
    groups: list[list[int]] = []
    for start in range(0, BANDS * ROWS, ROWS):
        band = frame.select(col("number"), hash(slice(col("sketch"), start, start + ROWS)).alias("band"))
        alike = band.groupby("band").agg(list_agg(col("number"))).where(list_count(col("number")) > 1)
        groups += alike.to_pydict()["number"]
    return order, groups


def components(order: list[str], groups: list[list[int]]) -> list[tuple[str, str]]:
    """Everything that is not the first document of its component, with that first one."""
    parent = list(range(len(order)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for first, *others in groups:
        for other in others:
            a, b = sorted((root(first), root(other)))
            parent[b] = a
    return [(order[i], order[root(i)]) for i in range(len(order)) if root(i) != i]


if __name__ == "__main__":
    main(sys.modules[__name__])
