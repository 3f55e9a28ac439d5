#!/usr/bin/env python3
"""What large families of similar pages cost, against an ordinary corpus of the same size. Standard library only.

    benches/scale/families.py CORPUS.jsonl [--dehusk PATH] [--scale 1.0] [--folder DIR] [--threads N] [--rounds N]

Two families are made of pages of the corpus, and each is cleaned with `--label off`:

  copies    200,000 slightly edited copies of one page among 10,000 others: up to three words of each are changed
  menus     100,000 pages that keep nine tenths of the lines of one menu, and have an article of their own below it that is a
            tenth as long

Beside each, in turns, as many bytes of the corpus itself are cleaned, and the ratio is printed. Every dropped page is
compared with what it went for, on the real shingle sets, so that "nothing wrongly dropped" is counted and not believed.
`--scale 0.1` makes everything ten times smaller. For all of it the corpus needs some 700 MB.
"""
import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time

PAGE = 3000  # characters of the page that is copied, and of a menu
SHINGLE = 5
THRESHOLD = 0.8


def texts(corpus: str, count: int) -> list[str]:
    with open(corpus, encoding='utf-8') as lines:
        return [json.loads(line)['text'] for line, _ in zip(lines, range(count))]


def page_of(pages: list[str]) -> str:
    """The first page of nearly the wanted length that is mostly ASCII."""
    return next(p for p in pages if PAGE <= len(p) <= 1.2 * PAGE and len(p.encode()) < 1.05 * len(p))


def copies(count: int, pages: list[str], rng: random.Random):
    page = re.split(r'(\s+)', page_of(pages))
    words = [word for other in pages[:200] for word in other.split()]
    kinds = [True] * count + [False] * len(pages)
    rng.shuffle(kinds)
    others = iter(pages)
    for is_copy in kinds:
        if not is_copy:
            yield next(others)
            continue
        edited = list(page)
        for _ in range(rng.randint(0, 3)):
            edited[rng.randrange(0, len(page), 2)] = rng.choice(words)
        yield ''.join(edited)


def menus(count: int, pages: list[str], rng: random.Random):
    menu = [line for line in '\n'.join(pages[:100]).split('\n') if 3 <= len(line) <= 40]
    menu = rng.sample(menu, PAGE // 20)
    sentences = [s for page in pages for s in re.split(r'(?<=[.!?])\s+|\n+', page) if 40 <= len(s) <= 200]
    for _ in range(count):
        article = ' '.join(rng.choices(sentences, k=3))
        yield '\n'.join([line for line in menu if rng.random() < 0.9] + ['', article])


def write(path: str, pages) -> int:
    count = 0
    with open(path, 'w', encoding='utf-8') as out:
        for count, text in enumerate(pages, 1):
            out.write(json.dumps({'id': str(count - 1), 'text': text}, ensure_ascii=False) + '\n')
    return count


def head(corpus: str, target: str, size: int) -> int:
    """The first whole lines of so many bytes; returns how many bytes there were."""
    written = 0
    with open(corpus, 'rb') as lines, open(target, 'wb') as out:
        for line in lines:
            if written >= size:
                break
            out.write(line)
            written += len(line)
    return written


def clean(dehusk: str, corpus: str, folder: str, threads: int, *more: str) -> tuple[float, float]:
    """CPU and wall seconds of a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(
        [dehusk, 'clean', corpus, '-o', f'{folder}/out.jsonl', '--report', f'{folder}/report.json', '--label', 'off',
         '--overwrite', '-q', '--threads', str(threads), *more], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - begun


def shingles(text: str) -> set:
    words = re.findall(r'\w+', text.lower())
    return {tuple(words[i:i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}


def wrongly_dropped(corpus: str, folder: str) -> tuple[int, int]:
    """How many were dropped, and how many of them are less similar to their canonical than the threshold."""
    with open(corpus, encoding='utf-8') as lines:
        texts = [json.loads(line)['text'] for line in lines]
    dropped = wrong = 0
    with open(f'{folder}/decisions.jsonl', encoding='utf-8') as lines:
        for line in lines:
            decision = json.loads(line)
            if decision['action'] == 'drop':
                a, b = shingles(texts[int(decision['id'])]), shingles(texts[int(decision['duplicate_of'])])
                dropped += 1
                wrong += len(a & b) / len(a | b) < THRESHOLD
    return dropped, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus')
    parser.add_argument('--dehusk', default='target/release/dehusk')
    parser.add_argument('--scale', type=float, default=1.0)
    parser.add_argument('--folder')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=3)
    a = parser.parse_args()
    copied, others, menued = (int(n * a.scale) for n in (200_000, 10_000, 100_000))
    pages, rng = texts(a.corpus, others), random.Random(1)
    families = {'copies': copies(copied, pages, rng), 'menus': menus(menued, pages, rng)}
    print('| family | pages | MB | CPU s | × ordinary, CPU | × ordinary, wall | dropped | wrongly | candidates left out |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |')
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        for name, family in families.items():
            plain, similar = f'{folder}/ordinary.jsonl', f'{folder}/{name}.jsonl'
            count = write(similar, family)
            size = os.path.getsize(similar)
            ratio = size / head(a.corpus, plain, size)
            runs = [(clean(a.dehusk, plain, folder, a.threads), clean(a.dehusk, similar, folder, a.threads)) for _ in range(a.rounds)]
            # A byte of input: the corpora are nearly, but not quite, of one size.
            cpu, wall = (min(own[i] for _, own in runs) / min(other[i] for other, _ in runs) / ratio for i in (0, 1))
            clean(a.dehusk, similar, folder, a.threads, '--decisions', f'{folder}/decisions.jsonl')
            dropped, wrong = wrongly_dropped(similar, folder)
            with open(f'{folder}/report.json', encoding='utf-8') as report:
                left_out = json.load(report).get('skipped', {}).get('dedup_candidates', 0)
            seconds = min(own[0] for _, own in runs)
            print(f'| {name} | {count:,} | {size / 1e6:.0f} | {seconds:.1f} | {cpu:.2f} | {wall:.2f} | {dropped:,} | {wrong} | {left_out:,} |', flush=True)
            os.remove(plain)
            os.remove(similar)


if __name__ == '__main__':
    sys.exit(main())
