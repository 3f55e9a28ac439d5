#!/usr/bin/env python3
"""Whether others read what dehusk writes, and dehusk what others write.

    tests/readers/readers.py [--dehusk target/release/dehusk]

Needs the packages of tests/readers/requirements.txt, and `pip install --no-deps dolma`: all that dolma asks for does not go with
the others. For every format: rows are written by somebody else, cleaned by dehusk, and read back by pyarrow, DuckDB, Polars, HF
datasets, datatrove and the record type of Dolma's tagger; each must see the ids and texts that the JSON lines have.
Prints a line for each reader and format, and ends with 1 where one differs.
"""
import argparse
import csv
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import datasets
import duckdb
import msgspec
import polars
import pyarrow
import pyarrow.parquet
from datatrove.pipeline.readers import JsonlReader, ParquetReader

PAGES = [
    {'id': f'page-{n}', 'url': f'https://example.org/{n}', 'text': text, 'note': n, 'tags': ['a', None] if n % 2 else []}
    for n, text in enumerate([
        'The harbour crane was lifted from its rails.\n\nIt stands in the museum now.',
        'Quotes " and commas, and a\ttab.\n\nA second line, with \\ and é and 🏗️.',
        '各位乘客请注意，渡船今天不开。',
        'The ferry "leaves", today.\r\n\r\nNobody knows when it comes back.',
    ] + [f'A page of its own, number {n}, which has a few words more than the others have.' for n in range(300)])
]


def write_inputs(folder: Path) -> list[tuple[str, bool]]:
    """The same pages in every format that is read; whether their other fields come along."""
    lines = ''.join(json.dumps(page) + '\n' for page in PAGES)
    (folder / 'in.jsonl').write_text(lines, encoding='utf-8', newline='')
    with gzip.open(folder / 'in.jsonl.gz', 'wt', encoding='utf-8', newline='') as out:
        out.write(lines)
    table = pyarrow.Table.from_pylist(PAGES)
    pyarrow.parquet.write_table(table, folder / 'in.parquet', row_group_size=50)
    pyarrow.parquet.write_table(table, folder / 'in2.parquet', compression='zstd', data_page_version='2.0')
    polars.DataFrame(PAGES).write_parquet(folder / 'in3.parquet')
    duckdb.sql(f"copy (select * from read_parquet('{folder}/in.parquet')) to '{folder}/in4.parquet' (format parquet)")
    for name, separator in [('in.csv', ','), ('in.tsv', '\t')]:
        with open(folder / name, 'w', encoding='utf-8', newline='') as out:
            writer = csv.writer(out, delimiter=separator)
            writer.writerow(['id', 'url', 'text', 'note'])
            writer.writerows([page[key] for key in ['id', 'url', 'text', 'note']] for page in PAGES)
    with gzip.open(folder / 'in.warc.wet.gz', 'wb') as out:
        for page in PAGES:
            content = page['text'].encode()
            head = (f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <{page['id']}>\r\n"
                    f"WARC-Target-URI: {page['url']}\r\nContent-Length: {len(content)}\r\n\r\n")
            out.write(head.encode() + content + b'\r\n\r\n')
    names = ['in.jsonl', 'in.jsonl.gz', 'in.parquet', 'in2.parquet', 'in3.parquet', 'in4.parquet', 'in.csv', 'in.tsv',
             'in.warc.wet.gz']
    return [(name, 'wet' not in name and not name.endswith('sv')) for name in names]


def rows(pairs) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in pairs]


def readers(folder: Path, name: str):
    """What each reader sees of a file: its name, and a function that gives ids and texts."""
    path = str(folder / name)
    if name.endswith('.parquet'):
        yield 'pyarrow', lambda: ((row['id'], row['text']) for row in pyarrow.parquet.read_table(path).to_pylist())
        yield 'polars', lambda: polars.read_parquet(path).select('id', 'text').rows()
        yield 'duckdb', lambda: duckdb.sql(f"select id, text from read_parquet('{path}')").fetchall()
        kind, reader = 'parquet', ParquetReader
    else:
        yield 'polars', lambda: polars.read_ndjson(path).select('id', 'text').rows()
        yield 'duckdb', lambda: duckdb.sql(
            f"select id, text from read_json('{path}', format='newline_delimited', columns={{id: 'varchar', text: 'varchar'}})"
        ).fetchall()
        kind, reader = 'json', JsonlReader
    if name.endswith('.jsonl.gz'):
        yield 'dolma', lambda: dolma(path)
    cache = str(folder / 'cache')
    yield 'datasets', lambda: (
        (row['id'], row['text'])
        for row in datasets.load_dataset(kind, data_files=path, split='train', cache_dir=cache)
    )
    yield 'datatrove', lambda: ((doc.id, doc.text) for doc in reader(str(folder), glob_pattern=name)())


def dolma(path: str):
    """Ids and texts as Dolma's taggers decode them; its package is not imported whole, which would ask for models."""
    spec = importlib.util.find_spec('dolma')
    file = Path(spec.submodule_search_locations[0]) / 'core' / 'data_types.py'
    types = importlib.util.module_from_spec(importlib.util.spec_from_file_location('dolma_types', file))
    sys.modules['dolma_types'] = types
    types.__spec__.loader.exec_module(types)
    decoder = msgspec.json.Decoder(types.InputSpecWithMetadata)
    with gzip.open(path) as lines:
        for line in lines:
            document = types.DocumentWithMetadata.from_spec(decoder.decode(line))
            yield document.id, document.text


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument('--dehusk', default='target/release/dehusk')
    dehusk = os.path.abspath(parser.parse_args().dehusk)
    datasets.disable_progress_bars()
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)

        def clean(*args: str) -> None:
            subprocess.run([dehusk, 'clean', *args, '-q', '--overwrite', '--label', 'off'], cwd=folder, check=True)

        expected = None
        for name, is_whole in write_inputs(folder):
            clean(name, '-o', 'out.jsonl')
            read = [json.loads(line) for line in open(folder / 'out.jsonl', encoding='utf-8')]
            pairs = rows((row['id'], row['text']) for row in read)
            expected = expected or pairs
            same = pairs == expected and (not is_whole or read[1]['metadata'] == {'note': 1, 'tags': ['a', None]})
            wrong += not same
            print(f'in   {name:18}{"ok" if same else "DIFFERS"}')
        for name in ['corpus.jsonl', 'corpus.jsonl.gz', 'corpus.jsonl.zst', 'corpus.parquet']:
            clean('in.jsonl', '-o', name, '--decisions', 'decisions.' + name.split('.', 1)[1])
            for reader, read in readers(folder, name):
                if reader in ('datatrove', 'datasets') and name.endswith('.zst'):
                    continue  # they know it only with further packages
                same = rows(read()) == expected
                wrong += not same
                print(f'out  {name:18}{reader:12}{"ok" if same else "DIFFERS"}')
        blocks = duckdb.sql(
            f"select d.id, b.unnest.label from read_parquet('{folder}/decisions.parquet') d, unnest(d.blocks) b"
        ).fetchall()
        wrong += len(blocks) < len(PAGES)
        print(f'out  decisions.parquet duckdb      {len(blocks)} nested blocks')
        clean('corpus.parquet', '-o', 'again.parquet')
        again = pyarrow.parquet.read_table(folder / 'again.parquet').to_pylist()
        same = again == pyarrow.parquet.read_table(folder / 'corpus.parquet').to_pylist()
        wrong += not same
        print(f'in   corpus.parquet    cleaned again: {"the same" if same else "DIFFERS"}')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
