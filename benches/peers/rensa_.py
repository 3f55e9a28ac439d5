"""rensa: MinHash, banding and a check of the sketches in Rust. The reader and the tokenizer are ours.

The manual passes words one by one; that compares sets of words, which says little about texts, so runs of five words
are measured as well. Its sampling pipeline ("rho") is left out: it flags every document of a group, the one to be kept
among them, and does not say which belong together.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from adapter import SHINGLE, Variant, documents, main, shingles, write_removed

PACKAGE = "rensa"
THRESHOLD, HASHES = 0.8, 128
#: Documents handed over at once, so that their tokens need not all be in memory.
BATCH = 1000
_LEAVES_OUT = "ids only: reader and tokenizer are ours; hits checked by their sketches only"
VARIANTS = [
    Variant("rensa, words", f"threshold {THRESHOLD}, {HASHES} hashes, LSH, single words as in its manual", _LEAVES_OUT),
    Variant("rensa, 5-grams", f"threshold {THRESHOLD}, {HASHES} hashes, LSH, {SHINGLE}-grams", _LEAVES_OUT),
]


def run(corpus: Path, work: Path, variant: str) -> None:
    """Hand tokens over in batches and note which documents were not kept."""
    from rensa import RMinHashDeduplicator

    tokens: Callable[[str], Iterable[str]] = str.split if variant == "rensa, words" else shingles
    index = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=HASHES, use_lsh=True)
    removed: list[str] = []

    def add(batch: list[tuple[str, Iterable[str]]]) -> None:
        kept = index.add_pairs(batch)
        removed.extend(i for (i, _), keep in zip(batch, kept, strict=True) if not keep)

    batch: list[tuple[str, Iterable[str]]] = []
    for i, text in documents(corpus):
        batch.append((i, list(tokens(text))))
        if len(batch) == BATCH:
            add(batch)
            batch = []
    add(batch)
    write_removed(work, ((i, "") for i in removed))


if __name__ == "__main__":
    main(sys.modules[__name__])
