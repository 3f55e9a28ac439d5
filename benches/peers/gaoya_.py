"""gaoya: MinHash and banding in Rust, with its own tokenizer (white space, lower-cased) and word shingles.

A library: the reader, and the rule that the first of several alike stays, are ours. A document is looked up before it
is put in, as the manual does, so that a kept document is shingled twice: the interface offers no other way.
"""

import sys
from pathlib import Path

from adapter import SHINGLE, Variant, documents, main, write_removed

PACKAGE = "gaoya"
THRESHOLD, HASHES = 0.8, 128
VARIANTS = [
    Variant(
        "gaoya",
        f"threshold {THRESHOLD}, {HASHES} hashes (it chooses 21×6), {SHINGLE}-grams, hits filtered by their sketches",
        "ids only: reader and keeping of the first are ours; not verified on the texts",
    )
]


def run(corpus: Path, work: Path, _variant: str) -> None:
    """Keep a document when none that is already kept is like it."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=THRESHOLD,
        num_bands=None,
        band_size=None,
        num_hashes=HASHES,
        analyzer="word",
        lowercase=True,
        ngram_range=(SHINGLE, SHINGLE),
        id_container="vec",
    )
    kept: list[str] = []
    removed: list[tuple[str, str]] = []
    for i, text in documents(corpus):
        alike = index.query(text)
        if alike:
            removed.append((i, kept[alike[0]]))
        else:
            index.insert_document(len(kept), text)
            kept.append(i)
    write_removed(work, removed)


if __name__ == "__main__":
    main(sys.modules[__name__])
