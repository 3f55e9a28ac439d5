"""datatrove: the four steps of its MinHash example, one task and one worker. Everything is its own.

Sizes are its defaults (14 buckets of 8 hashes, 5-grams, 64-bit hashes), words are found by its English tokenizer.
"""

import json
import sys
from pathlib import Path

from adapter import Variant, main, write_removed

PACKAGE = "datatrove"
VARIANTS = [
    Variant(
        "datatrove",
        "signatures, buckets, clusters, filter: 14×8, 5-grams, 64-bit hashes, English tokenizer, 1 task, 1 worker",
        "nothing verified; texts under 5 words are never compared",
        slow=True,
    )
]


def run(corpus: Path, work: Path, _variant: str) -> None:
    """The steps one after another, as the example does."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import (
        MinhashConfig,
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
    )
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter
    from datatrove.utils.hashing import HashConfig
    from datatrove.utils.typeshelper import Languages

    config = MinhashConfig(hash_config=HashConfig(precision=64))

    def folder(name: str) -> str:
        return str(work / name)

    def reader() -> JsonlReader:
        return JsonlReader(str(corpus.parent), glob_pattern=corpus.name)

    def execute(name: str, pipeline: list, tasks: int = 1) -> None:
        logs = folder(f"logs-{name}")
        LocalPipelineExecutor(pipeline=pipeline, tasks=tasks, workers=1, logging_dir=logs).run()

    signatures = MinhashDedupSignature(output_folder=folder("signatures"), config=config, language=Languages.english)
    execute("signatures", [reader(), signatures])
    buckets = MinhashDedupBuckets(input_folder=folder("signatures"), output_folder=folder("buckets"), config=config)
    execute("buckets", [buckets], tasks=config.num_buckets)
    clusters = MinhashDedupCluster(input_folder=folder("buckets"), output_folder=folder("remove"), config=config)
    execute("clusters", [clusters])
    excluded = JsonlWriter(folder("excluded"), compression=None)
    keep = MinhashDedupFilter(input_folder=folder("remove"), exclusion_writer=excluded)
    execute("filter", [reader(), keep, JsonlWriter(folder("kept"), compression=None)])


def collect(_corpus: Path, work: Path, _variant: str) -> None:
    """What its filter excluded."""
    files = sorted((work / "excluded").glob("*.jsonl"))
    removed = [str(json.loads(line)["id"]) for file in files for line in file.open(encoding="utf-8")]
    write_removed(work, ((i, "") for i in removed))


if __name__ == "__main__":
    main(sys.modules[__name__])
