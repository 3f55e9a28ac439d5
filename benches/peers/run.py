#!/usr/bin/env python3
"""dehusk and its peers on the same corpus in the same run: what each costs and how good it is, as a Markdown table.

    benches/peers/run.py CORPUS.jsonl [--truth CORPUS.truth.tsv] [--tools a,b,c] [--dehusk PATH] [--slow-mb 50]

Every tool gets a virtual environment of its own under target/peers, with the versions of requirements/TOOL.txt, and
runs end to end as a process of its own: from the JSONL to its verdicts. All are pinned to one processor, and told to
use one thread where they can be told. CPU time is user and system time of the process and all that it waited for; the
peak is that of the largest single process. The corpus is read once before each run, so no tool waits for the disk.
README.md says where that is unfair, and score.py what the scores mean.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import score
from adapter import REMOVED, Variant

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ADAPTERS = ["datasketch_", "rensa_", "gaoya_", "daft_", "dolma_", "text_dedup_", "datatrove_"]
#: One thread for whatever heeds it, no look-ups on the network, and the same hashes in every run.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DAFT_ANALYTICS_ENABLED": "0",
    "DAFT_PROGRESS_BAR": "0",
    "DO_NOT_TRACK": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
MB = 1_000_000
#: Characters of a failed command's last words that are shown.
SAID = 2000


class Failed(Exception):
    """A tool could not be installed, or did not finish. The message is the end of what it said."""


@dataclass(frozen=True)
class Cost:
    """What a process and its children took."""

    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Part:
    """A corpus, or the beginning of one."""

    path: Path
    documents: int

    @property
    def megabytes(self) -> float:
        return self.path.stat().st_size / MB


@dataclass(frozen=True)
class Result:
    """What one variant of a tool did on a part of the corpus: one line of the table."""

    variant: Variant
    version: str
    part: Part
    cost: Cost
    removed: dict[str, str] | None


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(command: list[str], work: Path) -> Cost:
    """Run a command on one processor and wait for it."""
    log, report = work / "log.txt", work / "cost.json"
    environment = os.environ | ENVIRONMENT | {"HF_HOME": str(work / "hub"), "TMPDIR": str(work)}
    measured = [sys.executable, str(HERE / "measure.py"), str(report), str(log), *command]
    subprocess.run(measured, cwd=work, env=environment, check=True)
    cost = json.loads(report.read_text())
    # 3 is dehusk's word for a run with bad records.
    if cost["exit"] not in (0, 3):
        raise Failed(f"exit {cost['exit']}: " + log.read_text(errors="replace").strip()[-SAID:])
    return Cost(cost["cpu_seconds"], cost["peak_bytes"])


def warm(path: Path) -> None:
    """Bring a file into the page cache."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def least(costs: Iterable[Cost]) -> Cost:
    """The cheapest of several rounds: whatever else the machine does only adds."""
    return min(costs, key=lambda cost: cost.cpu_seconds)


class Tool:
    """An adapter, and the environment that its tool is installed in."""

    def __init__(self, module: str) -> None:
        adapter = importlib.import_module(module)
        self.adapter = HERE / f"{module}.py"
        self.package: str = adapter.PACKAGE
        self.variants: list[Variant] = adapter.VARIANTS
        self.python = Path()
        self.version = ""

    def install(self, environments: Path) -> None:
        """Make the environment, unless it is there as asked for, and look up the version of the tool."""
        requirements = HERE / "requirements" / f"{self.package}.txt"
        environment = environments / self.package
        self.python = environment / "bin" / "python"
        done = environment / "installed.txt"
        if not done.exists() or done.read_text() != requirements.read_text():
            say(f"installing {self.package}")
            venv.create(environment, clear=True, with_pip=True)
            pip = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            pip += ["-r", str(requirements)]
            installed = subprocess.run(pip, capture_output=True, text=True)
            if installed.returncode != 0:
                raise Failed(f"cannot be installed: {installed.stderr.strip()[-SAID:]}")
            shutil.copyfile(requirements, done)
        ask = [str(self.python), "-c", f"import importlib.metadata as m; print(m.version({self.package!r}))"]
        self.version = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()

    def run(self, variant: Variant, part: Part, work: Path, rounds: int) -> Result:
        """All steps of the adapter; only the middle one counts."""

        def step(name: str) -> Cost:
            return measure([str(self.python), str(self.adapter), name, str(part.path), str(work), variant.name], work)

        def once() -> Cost:
            fresh(work)
            step("prepare")
            warm(part.path)
            return step("run")

        cost = least(once() for _ in range(rounds))
        step("collect")
        removed = score.read_removed(work / REMOVED) if (work / REMOVED).exists() else None
        return Result(variant, self.version, part, cost, removed)


class Dehusk:
    """The program that this repository is about, run like any other tool."""

    OPTIONS = ["--label", "off", "--threads", "1"]
    variants = [Variant("**dehusk**", f"`clean {' '.join(OPTIONS)}`", "nothing: writes the clean corpus")]

    def __init__(self, program: Path) -> None:
        self.program = program
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        self.version = said.split()[-1]

    def run(self, variant: Variant, part: Part, work: Path, rounds: int) -> Result:
        """Clean, as a user would for the corpus alone; a second run, not measured, says what was removed for what."""
        decisions = work / "decisions.jsonl"
        command = [str(self.program), "clean", str(part.path), *self.OPTIONS, "-o", str(work / "corpus.jsonl")]
        command += ["--work-dir", str(work), "--quiet", "--max-rejects", "1000000"]

        def once() -> Cost:
            fresh(work)
            warm(part.path)
            return measure(command, work)

        cost = least(once() for _ in range(rounds))
        subprocess.run([*command, "--overwrite", "--decisions", str(decisions)], check=True)
        with decisions.open(encoding="utf-8") as lines:
            dropped = (verdict for verdict in map(json.loads, lines) if verdict["action"] == "drop")
            removed = {str(verdict["id"]): str(verdict["duplicate_of"] or "") for verdict in dropped}
        return Result(variant, self.version, part, cost, removed)


def beginning(corpus: Path, megabytes: float, folder: Path) -> Part:
    """The first so many megabytes, in whole lines, or the corpus itself where it is no larger."""
    path = folder / "beginning.jsonl"
    documents = size = 0
    with corpus.open("rb") as lines, path.open("wb") as out:
        for line in lines:
            if size + len(line) > megabytes * MB:
                return Part(path, documents)
            out.write(line)
            documents, size = documents + 1, size + len(line)
    return Part(corpus, documents)


def save(result: Result, folder: Path) -> None:
    """Keep what a tool removed, so that score.py can judge it again, and say what it cost."""
    say(f"  {result.cost.cpu_seconds:.1f} CPU s, peak {result.cost.peak_bytes / MB:.0f} MB")
    if result.removed is not None:
        name = f"{result.variant.name.strip('*').replace(', ', '-')}-{result.part.documents}.tsv"
        (folder / name).write_text("".join(f"{i}\t{of}\n" for i, of in result.removed.items()), encoding="utf-8")


def run_all(
    tools: list[Tool], dehusk: Dehusk, parts: tuple[Part, Part], folder: Path, rounds: int
) -> Iterator[Result | str]:
    """Every variant on the part of the corpus that it gets, or why there is no result. dehusk itself must run."""
    whole, start = parts
    work = folder / "work"
    slow = any(variant.slow for tool in tools for variant in tool.variants)
    for part in dict.fromkeys([whole, start] if slow else [whole]):
        say(f"dehusk on {part.megabytes:.0f} MB")
        yield dehusk.run(dehusk.variants[0], part, work, rounds)
    for tool in tools:
        try:
            tool.install(folder / "venv")
            for variant in tool.variants:
                part = start if variant.slow else whole
                say(f"{variant.name} on {part.megabytes:.0f} MB")
                yield tool.run(variant, part, work, rounds)
        except Failed as reason:
            say(f"{tool.package} failed: {reason}")
            yield f"{tool.package}: {reason}"
    shutil.rmtree(work, ignore_errors=True)


#: Columns, and to which side their cells go.
HEAD = {
    "tool": "",
    "version": "",
    "settings": "",
    "input, MB": ":",
    "CPU s": ":",
    "MB a CPU-second": ":",
    "CPU, × dehusk": ":",
    "peak, MB": ":",
    "removed": ":",
    "recall": ":",
    "recall, J 0.8–0.9": ":",
    "precision": ":",
    "orphans": ":",
    "partner at J ≥ 0.7": ":",
    "leaves out": "",
}


def table(results: list[Result], scores: list[score.Score]) -> str:
    """The results in Markdown. Costs are compared with dehusk's on the same part of the corpus."""
    base = {r.part: r.cost.cpu_seconds for r in results if r.variant in Dehusk.variants}

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.3f}"

    def cells(result: Result, got: score.Score) -> list[str]:
        seconds, size = result.cost.cpu_seconds, result.part.megabytes
        return [
            result.variant.name,
            result.version,
            result.variant.settings,
            f"{size:.0f}",
            f"{seconds:.1f}",
            f"{size / seconds:.1f}",
            f"{seconds / base[result.part]:.2f}",
            f"{result.cost.peak_bytes / MB:,.0f}",
            "–" if result.removed is None else f"{got.removed:,}",
            share(got.recall),
            share(got.recall_near),
            share(got.precision),
            "–" if got.orphans is None else f"{got.orphans:,}",
            share(got.partners_alike),
            result.variant.leaves_out,
        ]

    lines = [list(HEAD), [f"---{side}" for side in HEAD.values()], *map(cells, results, scores)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def built() -> Path:
    """The program as it stands in this repository."""
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=ROOT, check=True)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "dehusk"


def parse(tools: Iterable[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help='JSON lines with "id" and "text"')
    parser.add_argument("--truth", type=Path, help="pairs that are copies; without it there is no recall")
    parser.add_argument("--tools", default=",".join(tools), help="besides dehusk (default: %(default)s)")
    parser.add_argument("--dehusk", type=Path, help="the program to measure (default: build it)")
    parser.add_argument("--slow-mb", type=float, default=50, help="what the slow tools get (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="the cheapest of so many runs counts (default: 1)")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "peers", help="for environments and scratch")
    arguments = parser.parse_args()
    arguments.tools = list(filter(None, arguments.tools.split(",")))
    unknown = set(arguments.tools) - set(tools)
    if unknown:
        parser.error(f"no such tools: {', '.join(sorted(unknown))}; there are: {', '.join(tools)}")
    return arguments


def main() -> None:
    score.self_test()
    tools = {tool.package: tool for tool in map(Tool, ADAPTERS)}
    arguments = parse(tools)
    folder, path = arguments.folder.resolve(), arguments.corpus.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    truth = score.read_rows(arguments.truth) if arguments.truth else None
    dehusk = Dehusk(arguments.dehusk.resolve() if arguments.dehusk else built())
    with path.open("rb") as lines:
        whole = Part(path, sum(1 for _ in lines))
    parts = whole, beginning(path, arguments.slow_mb, folder)

    asked = [tools[name] for name in arguments.tools]
    lists = fresh(folder / "removed")
    outcomes = []
    for outcome in run_all(asked, dehusk, parts, folder, arguments.rounds):
        outcomes.append(outcome)
        if isinstance(outcome, Result):
            save(outcome, lists)
    results = [outcome for outcome in outcomes if isinstance(outcome, Result)]

    say("scoring")
    corpus = score.Corpus(score.read_corpus(path))
    pairs = corpus.pairs(truth) if truth is not None else None
    scores = [score.NOTHING if r.removed is None else corpus.score(r.removed, pairs, r.part.documents) for r in results]
    print(f"{whole.documents:,} documents, {whole.megabytes:.0f} MB; one processor, best of {arguments.rounds}.\n")
    print(table(results, scores))
    for outcome in outcomes:
        if isinstance(outcome, str):
            print(f"\nFailed: {outcome}")


if __name__ == "__main__":
    main()
