"""dolma: exact repetition of paragraphs, by a Bloom filter in Rust, with the options of its getting-started guide.

It marks paragraphs that it has seen before and removes no document. To compare it with the others, a document counts
as removed here when most of its characters stand in such paragraphs; the rule and its bound are ours. The mixer, which
would cut the paragraphs out, is not run.
"""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

from adapter import Variant, documents, main, write_removed

PACKAGE = "dolma"
#: Share of a text that must have been seen before for it to count as removed.
MOSTLY = 0.8
#: The guide's false positives. Its number of paragraphs would overflow the filter on a large corpus: here a paragraph
#: is reckoned to have no fewer bytes than this.
FALSE_POSITIVES, PARAGRAPH_BYTES = 0.0001, 32
ATTRIBUTE = "bff_duplicate_paragraph_spans"
VARIANTS = [
    Variant(
        "dolma, paragraphs",
        f"dedupe.paragraphs, skip_empty, {FALSE_POSITIVES} false positives, 1 process; gone from {MOSTLY:.0%} seen on",
        "marks exact paragraphs only; the rule for documents is ours, its mixer is not run",
    )
]


def prepare(corpus: Path, work: Path, _variant: str) -> None:
    """It finds its place for attributes by replacing this name of the folder."""
    (work / "documents").mkdir()
    (work / "documents" / "corpus.jsonl").symlink_to(corpus)


def run(corpus: Path, work: Path, _variant: str) -> None:
    """Its command as in the guide."""
    command = [str(Path(sys.executable).with_name("dolma")), "dedupe"]
    command += ["--documents", str(work / "documents" / "*"), "--dedupe.name", "seen"]
    command += ["--dedupe.paragraphs.attribute_name", ATTRIBUTE, "--dedupe.skip_empty"]
    command += ["--bloom_filter.file", str(work / "bloom.bin"), "--no-bloom_filter.read_only"]
    command += ["--bloom_filter.estimated_doc_count", str(corpus.stat().st_size // PARAGRAPH_BYTES)]
    command += ["--bloom_filter.desired_false_positive_rate", str(FALSE_POSITIVES), "--processes", "1"]
    subprocess.run(command, check=True)


def collect(corpus: Path, work: Path, _variant: str) -> None:
    """Documents of which enough has been seen before."""
    seen: dict[str, int] = {}
    with (work / "attributes" / "seen" / "corpus.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            spans = record["attributes"].get(ATTRIBUTE, [])
            seen[str(record["id"])] = sum(end - start for start, end, _ in spans)
    removed = (i for i, text in documents(corpus) if seen.get(i, 0) >= MOSTLY * countable(text) > 0)
    write_removed(work, ((i, "") for i in removed))


def countable(text: str) -> int:
    """Characters of the lines that it looks at, with their line feeds, as it counts them."""
    return sum(len(line) for line in StringIO(text, newline="\n") if line.strip())


if __name__ == "__main__":
    main(sys.modules[__name__])
