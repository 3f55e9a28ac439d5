"""datasketch: MinHash and banding in Python on numpy. Reader, tokenizer and keeping of the first are ours."""

import sys
from pathlib import Path

from adapter import SHINGLE, Variant, documents, main, shingles, write_removed

PACKAGE = "datasketch"
THRESHOLD, HASHES = 0.8, 128
VARIANTS = [
    Variant(
        "datasketch",
        f"threshold {THRESHOLD}, {HASHES} hashes, bands as it chooses, {SHINGLE}-grams",
        "ids only: reader, tokenizer and keeping of the first are ours; bands only, nothing verified",
    )
]


def run(corpus: Path, work: Path, _variant: str) -> None:
    """Keep a document when none that is already kept shares a band with it."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=HASHES)
    empty = MinHash(num_perm=HASHES)
    removed: list[tuple[str, str]] = []
    for i, text in documents(corpus):
        sketch = empty.copy()
        sketch.update_batch([shingle.encode() for shingle in shingles(text)])
        alike = index.query(sketch)
        if alike:
            removed.append((i, alike[0]))
        else:
            index.insert(i, sketch, check_duplication=False)
    write_removed(work, removed)


if __name__ == "__main__":
    main(sys.modules[__name__])
