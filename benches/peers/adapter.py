"""What the adapters of all tools have in common: how a tool is described, started, and what it hands back.

An adapter is a module with `PACKAGE`, `VARIANTS` and up to three steps, each called as a process of its own:

    prepare(corpus, work, variant)    not measured: puts the corpus where and how the tool wants it
    run(corpus, work, variant)        measured: what a user of the tool would run, from the JSONL to its verdicts
    collect(corpus, work, variant)    not measured: turns what the tool wrote into REMOVED, where `run` has not done so

REMOVED (`work/removed.tsv`) has a line for each removed document: its id, a tab, and the id of the document that it is
a duplicate of, or nothing where the tool does not say.

The tool itself is imported inside the steps only, so that the list of variants can be read without it. Nothing here
may be imported that is not in the standard library, for the same reason.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

REMOVED = "removed.tsv"
WORD = re.compile(r"\w+")
#: Length of the shingles, in words, that every tool is given which has a choice.
SHINGLE = 5


@dataclass(frozen=True)
class Variant:
    """One way to run a tool: one row of the table."""

    name: str
    settings: str
    leaves_out: str
    #: Too slow for a large corpus: gets its first megabytes only.
    slow: bool = False


def documents(corpus: Path) -> Iterator[tuple[str, str]]:
    """Ids and texts, by the quickest parser that there is for Python, for libraries that bring no reader."""
    import orjson

    with corpus.open("rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            yield str(record["id"]), record["text"]


def words(text: str) -> list[str]:
    """A plain tokenizer, for libraries that bring none."""
    return WORD.findall(text.lower())


def shingles(text: str) -> set[str]:
    """Distinct runs of five words; of a shorter text, all its words as one."""
    found = words(text)
    return {" ".join(found[i : i + SHINGLE]) for i in range(max(1, len(found) - SHINGLE + 1))}


def write_removed(work: Path, removed: Iterable[tuple[str, str]]) -> None:
    """Write pairs of a removed id and the id that it duplicates, or an empty string."""
    with (work / REMOVED).open("w", encoding="utf-8") as out:
        out.writelines(f"{i}\t{of}\n" for i, of in removed)


def write_missing(corpus: Path, work: Path, kept: set[str]) -> None:
    """Write as removed what is in the corpus and not among the kept ids."""
    write_removed(work, ((i, "") for i, _ in documents(corpus) if i not in kept))


def main(module: ModuleType) -> None:
    """Run one step of an adapter: STEP CORPUS WORK VARIANT. A step that the adapter lacks is nothing to do."""
    step, corpus, work, variant = sys.argv[1:]
    function = getattr(module, step, None)
    if function is not None:
        function(Path(corpus), Path(work), variant)
