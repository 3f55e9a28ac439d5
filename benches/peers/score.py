#!/usr/bin/env python3
"""How good the removal of duplicates is, by the real similarity of the texts. Standard library only.

    score.py CORPUS.jsonl REMOVED.tsv… [--truth TRUTH.tsv] [--documents N]
    score.py --self-test

Two texts are as similar as their sets of shingles (Jaccard). Words are runs of `\\w`, lower-cased after NFKC; a shingle
is 5 words in a row, or all the words of a shorter text. Shingles are told apart by 64-bit hashes, so that two of a
corpus' hundred million may be taken for one another, which no figure here would show.

- recall: of the pairs that TRUTH lists (original, copy, near or exact, rate) with a similarity of 0.85 or more, the
  share of which not both texts were kept; and the same of the near copies between 0.8 and 0.9.
- precision: the share of removed documents that are similar (0.7) to a document that was kept. It does not matter which
  one the tool had in mind: what counts is that the text is still there.
- orphans: removed documents whose named partner was itself removed; and how many named partners are similar (0.7).

A kept document that is similar to a removed one is searched for among those that share enough of a sample: the 128
lowest hashes of each set. At a similarity of 0.7 two samples share 90 of 128 on average, and fewer than the 64 that are
asked for in one of a million pairs; of what is found, the similarity is computed from the whole sets.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path

WORD = re.compile(r"\w+")
SHINGLE = 5
SAMPLE = 128
#: Least similarity of a removed document to one that was kept.
ALIKE = 0.7
#: Least share of the smaller sample that two documents have in common when they are to be compared.
SHARED = 0.5
#: Least similarity of the listed pairs that must be found.
MUST = 0.85
#: The near copies that are counted on their own.
NEAR = (0.8, 0.9)


class _Hashes(dict):
    """Hash of each word, computed once. Python's own hash of a string differs from run to run."""

    def __missing__(self, word: str) -> int:
        value = self[word] = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        return value


_hash_of = _Hashes()


def shingle_set(text: str) -> set[int]:
    """Hashes of the shingles of a text. Never empty: no words at all are a shingle too."""
    words = [_hash_of[word] for word in WORD.findall(unicodedata.normalize("NFKC", text).lower())]
    if len(words) < SHINGLE:
        return {hash(tuple(words))}
    return set(map(hash, zip(*(words[i:] for i in range(SHINGLE)), strict=False)))


def jaccard(a: set[int], b: set[int]) -> float:
    """Similarity of two sets that are not both empty."""
    common = len(a & b)
    return common / (len(a) + len(b) - common)


@dataclass(frozen=True)
class Pair:
    """An original and its copy, by number, and what the truth says of them."""

    original: int
    copy: int
    kind: str
    similarity: float


@dataclass(frozen=True)
class Score:
    """Figures of one run. A share of nothing is None."""

    removed: int
    recall: float | None
    recall_near: float | None
    precision: float | None
    orphans: int | None
    partners_alike: float | None


#: What is known of a tool that removes nothing by itself.
NOTHING = Score(0, None, None, None, None, None)


class Corpus:
    """The shingle sets of a corpus, with the search for similar documents. A document is the number of its line."""

    def __init__(self, records: Iterable[tuple[str, str]]) -> None:
        self.number: dict[str, int] = {}
        self.sets: list[array[int]] = []
        self.samples: list[frozenset[int]] = []
        self._having: dict[int, list[int]] = defaultdict(list)
        self._candidates: dict[int, list[int]] = {}
        self._alike: dict[tuple[int, int], bool] = {}
        # All of them as sets would take ten times the memory; those of one group are compared one after another.
        self._set = lru_cache(maxsize=1000)(lambda number: set(self.sets[number]))
        for i, text in records:
            self._add(i, shingle_set(text))

    def _add(self, i: str, shingles: set[int]) -> None:
        number = len(self.sets)
        if self.number.setdefault(i, number) != number:
            raise ValueError(f"two documents have the id {i}")
        self.sets.append(array("q", shingles))
        self.samples.append(frozenset(sorted(shingles)[:SAMPLE]))
        for shingle in self.samples[-1]:
            self._having[shingle].append(number)

    def similarity(self, a: int, b: int) -> float:
        return jaccard(self._set(a), self._set(b))

    @staticmethod
    def _comparable(a: int, b: int) -> bool:
        """Whether sets of these sizes can be similar at all."""
        return min(a, b) >= ALIKE * max(a, b)

    def alike(self, a: int, b: int) -> bool:
        """Whether two documents are similar enough for one to stand for the other."""
        if not self._comparable(len(self.sets[a]), len(self.sets[b])):
            return False
        key = (min(a, b), max(a, b))
        if key not in self._alike:
            self._alike[key] = self.similarity(a, b) >= ALIKE
        return self._alike[key]

    def candidates(self, a: int) -> list[int]:
        """What may be similar to a document, the likeliest first.

        A sample that shares enough with this one has one of its rarest shingles: the others are fewer than enough. So
        what stands on every page is not looked up.
        """
        if a not in self._candidates:
            sample = sorted(self.samples[a], key=lambda shingle: (len(self._having[shingle]), shingle))
            size = len(self.sets[a])
            # The other set may be smaller, by no more than the similarity allows, and its sample then too.
            enough = math.ceil(SHARED * min(len(sample), ALIKE * size))
            met = {b for shingle in sample[: len(sample) - enough + 1] for b in self._having[shingle]}
            met = {b for b in met if b != a and self._comparable(size, len(self.sets[b]))}
            shared = Counter({b: len(self.samples[a] & self.samples[b]) for b in met})
            least = {b: SHARED * min(len(sample), len(self.samples[b])) for b in met}
            self._candidates[a] = [b for b, count in shared.most_common() if count >= least[b]]
        return self._candidates[a]

    def pairs(self, truth: Iterable[list[str]]) -> list[Pair]:
        """The listed pairs with their similarity; those of which one is not in the corpus are left out."""
        known = (row for row in truth if row[0] in self.number and row[1] in self.number)
        numbers = ((self.number[row[0]], self.number[row[1]], row[2]) for row in known)
        return [Pair(a, b, kind, self.similarity(a, b)) for a, b, kind in numbers]

    def score(self, removed: dict[str, str], pairs: list[Pair] | None, documents: int | None = None) -> Score:
        """Judge what was removed from the first so many documents: ids, each with its partner or an empty string."""
        end = len(self.sets) if documents is None else documents
        gone = {self.number[i] for i in removed}
        partners = [(self.number[i], self.number[of]) for i, of in removed.items() if of]
        if any(a >= end for a in gone):
            raise ValueError("a removed document was not among those given")

        def found(least: float, most: float, kinds: tuple[str, ...]) -> float | None:
            asked = [p for p in pairs or () if least <= p.similarity <= most and p.kind in kinds]
            return _share(p.original in gone or p.copy in gone for p in asked if max(p.original, p.copy) < end)

        def stands(a: int) -> bool:
            return any(b < end and b not in gone and self.alike(a, b) for b in self.candidates(a))

        return Score(
            removed=len(gone),
            recall=found(MUST, 1.0, ("near", "exact")),
            recall_near=found(*NEAR, ("near",)),
            precision=_share(map(stands, gone)),
            orphans=sum(b in gone for _, b in partners) if partners else None,
            partners_alike=_share(self.alike(a, b) for a, b in partners),
        )


def _share(verdicts: Iterable[bool]) -> float | None:
    verdicts = list(verdicts)
    return sum(verdicts) / len(verdicts) if verdicts else None


def read_corpus(path: Path, documents: int | None = None) -> Iterator[tuple[str, str]]:
    """Ids and texts of the first so many records, or of all."""
    with path.open(encoding="utf-8") as lines:
        for line in islice(lines, documents):
            record = json.loads(line)
            yield str(record["id"]), record["text"]


def read_rows(path: Path) -> list[list[str]]:
    """The columns of a file with tabs between them."""
    return [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n") if line]


def read_removed(path: Path) -> dict[str, str]:
    """Removed ids, each with its partner or an empty string."""
    return {row[0]: row[1] for row in read_rows(path)}


def self_test() -> None:
    """The definitions on texts small enough to reckon by hand, and the search against comparing all with all."""
    assert len(shingle_set("a b c d e f")) == 2
    assert shingle_set("Ｆｉｎ, de SIÈCLE!") == shingle_set("fin\tde siècle")
    assert shingle_set("") == shingle_set("… —") != shingle_set("a")
    assert jaccard({1, 2, 3}, {2, 3, 4}) == 0.5

    text = [f"w{i}" for i in range(40)]
    corpus = Corpus([("a", " ".join(text)), ("b", " ".join(text)), ("c", " ".join(text[:36])), ("d", "else")])
    pairs = corpus.pairs([["a", "b", "exact", "0"], ["a", "c", "near", "0.1"], ["a", "z", "near", "0.1"]])
    assert [round(p.similarity, 3) for p in pairs] == [1.0, round(32 / 36, 3)]
    assert corpus.score({"b": "a", "c": "b"}, pairs) == Score(2, 1.0, 1.0, 1.0, 1, 1.0)
    assert corpus.score({"b": "", "d": ""}, pairs) == Score(2, 0.5, 0.0, 0.5, None, None)
    assert corpus.score({"b": ""}, pairs, documents=2) == Score(1, 1.0, None, 1.0, None, None)
    assert corpus.score({}, None) == Score(0, None, None, None, None, None)

    chance = random.Random(1)
    texts = []
    for _ in range(40):
        original = [str(chance.randrange(1000)) for _ in range(chance.randrange(3, 600))]
        for rate in (0, 0.005, 0.02, 0.04, 0.06):
            texts.append(" ".join("x" if chance.random() < rate else word for word in ["menu"] * 50 + original))
    corpus = Corpus((str(i), text) for i, text in enumerate(texts))
    for a in range(len(texts)):
        slow = {b for b in range(len(texts)) if b != a and corpus.similarity(a, b) >= ALIKE}
        assert slow == {b for b in corpus.candidates(a) if corpus.alike(a, b)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("removed", type=Path, nargs="*")
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--documents", type=int, help="only the first so many were given to the tool")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_intermixed_args()
    self_test()
    if arguments.self_test:
        print("1 passed, 0 failed")
    elif arguments.corpus is None:
        parser.error("CORPUS.jsonl is missing")
    else:
        corpus = Corpus(read_corpus(arguments.corpus, arguments.documents))
        pairs = corpus.pairs(read_rows(arguments.truth)) if arguments.truth else None
        for path in arguments.removed:
            print(path, corpus.score(read_removed(path), pairs))


if __name__ == "__main__":
    main()
