"""text-dedup: its command for MinHash, with its defaults. Reader, tokenizer, clustering and writer are its own.

The verification that its documentation speaks of came with a later release, which asks for a newer Python.
"""

import subprocess
import sys
from pathlib import Path

from adapter import SHINGLE, Variant, main, write_missing

PACKAGE = "text-dedup"
VARIANTS = [
    Variant(
        "text-dedup",
        f"text_dedup.minhash, defaults: threshold 0.7, 250 hashes, {SHINGLE}-grams; --num_proc 1",
        "nothing verified; texts under 5 words are dropped",
        slow=True,
    )
]


def run(corpus: Path, work: Path, _variant: str) -> None:
    """Its command as a user would type it."""
    command = [sys.executable, "-m", "text_dedup.minhash", "--path", "json", "--data_files", str(corpus)]
    command += ["--split", "train", "--cache_dir", str(work / "cache"), "--output", str(work / "deduplicated")]
    command += ["--column", "text", "--idx_column", "id", "--num_proc", "1"]
    subprocess.run(command, check=True, cwd=work)


def collect(corpus: Path, work: Path, _variant: str) -> None:
    """What is not in the corpus that it wrote."""
    from datasets import load_from_disk

    write_missing(corpus, work, {str(i) for i in load_from_disk(str(work / "deduplicated"))["id"]})


if __name__ == "__main__":
    main(sys.modules[__name__])
