#!/usr/bin/env python3
"""What large families of similar pages cost, against an ordinary corpus of the same size. Standard library only.

    benches/scale/families.py [--dehusk PATH] [--scale 1.0] [--folder DIR] [--threads N]

Three corpora of pages made of random words are written, and each is cleaned with `--label off`:

  ordinary  210,000 pages that have nothing in common
  copies    200,000 slightly edited copies of one page among 10,000 others: up to three words of each are changed
  menus     100,000 pages of which nine tenths are drawn from one menu, and one tenth is an article of their own

For each family the same number of ordinary pages of the same length is measured beside it, in turns, and the ratio is
printed. Every dropped page is compared with what it went for, on the real shingle sets, so that "nothing wrongly dropped"
is counted and not believed. `--scale 0.1` makes everything ten times smaller.
"""
import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

WORDS_A_PAGE = 300
SHINGLE = 5
THRESHOLD = 0.8


def vocabulary(rng: random.Random) -> list[str]:
    return [''.join(rng.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(rng.randint(2, 9))) for _ in range(50_000)]


def ordinary(count: int, rng: random.Random, words: list[str]):
    for _ in range(count):
        yield rng.choices(words, k=WORDS_A_PAGE)


def copies(count: int, others: int, rng: random.Random, words: list[str]):
    page = rng.choices(words, k=WORDS_A_PAGE)
    kinds = [True] * count + [False] * others
    rng.shuffle(kinds)
    for is_copy in kinds:
        if not is_copy:
            yield rng.choices(words, k=WORDS_A_PAGE)
            continue
        edited = list(page)
        for _ in range(rng.randint(0, 3)):
            edited[rng.randrange(WORDS_A_PAGE)] = rng.choice(words)
        yield edited


def menus(count: int, rng: random.Random, words: list[str]):
    """Each page keeps nine tenths of the entries of one menu, in order, and has an article of its own behind them."""
    menu = [rng.choices(words, k=3) for _ in range(WORDS_A_PAGE // 3)]
    for _ in range(count):
        kept = [entry for entry in menu if rng.random() < 0.9]
        yield [word for entry in kept for word in entry] + rng.choices(words, k=WORDS_A_PAGE // 10)


def write(path: str, pages) -> None:
    with open(path, 'w', encoding='utf-8') as out:
        for number, words in enumerate(pages):
            out.write(json.dumps({'id': str(number), 'text': ' '.join(words)}) + '\n')


def clean(dehusk: str, corpus: str, folder: str, threads: int) -> tuple[float, float]:
    """CPU and wall seconds of a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    subprocess.run(
        [dehusk, 'clean', corpus, '-o', f'{folder}/out.jsonl', '--decisions', f'{folder}/decisions.jsonl', '--report',
         f'{folder}/report.json', '--label', 'off', '--overwrite', '-q', '--threads', str(threads)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, time.monotonic() - begun


def shingles(text: str) -> set:
    words = text.split()
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
    parser.add_argument('--dehusk', default='target/release/dehusk')
    parser.add_argument('--scale', type=float, default=1.0)
    parser.add_argument('--folder')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--rounds', type=int, default=3)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        rng = random.Random(1)
        words = vocabulary(rng)
        copied, others, menued = (int(n * a.scale) for n in (200_000, 10_000, 100_000))
        families = {'copies': (copies(copied, others, rng, words), copied + others), 'menus': (menus(menued, rng, words), menued)}
        print('| corpus | pages | CPU s | × ordinary | wall, × ordinary | dropped | wrongly | candidates left out |')
        print('| --- | --- | --- | --- | --- | --- | --- | --- |')
        for name, (pages, count) in families.items():
            plain, family = f'{folder}/ordinary.jsonl', f'{folder}/{name}.jsonl'
            write(plain, ordinary(count, rng, words))
            write(family, pages)
            ratio = os.path.getsize(family) / os.path.getsize(plain)
            runs = [(clean(a.dehusk, plain, folder, a.threads), clean(a.dehusk, family, folder, a.threads)) for _ in range(a.rounds)]
            # Per byte of input: the corpora are nearly, but not quite, of one size.
            cpu = min(own[0] for _, own in runs) / min(other[0] for other, _ in runs) / ratio
            wall = min(own[1] for _, own in runs) / min(other[1] for other, _ in runs) / ratio
            dropped, wrong = wrongly_dropped(family, folder)
            skipped = json.load(open(f'{folder}/report.json', encoding='utf-8')).get('skipped', {})
            left_out = skipped.get('dedup_candidates', 0)
            seconds = min(own[0] for _, own in runs)
            print(f'| {name} | {count:,} | {seconds:.1f} | {cpu:.2f} | {wall:.2f} | {dropped:,} | {wrong} | {left_out:,} |', flush=True)
            os.remove(plain)
            os.remove(family)


if __name__ == '__main__':
    sys.exit(main())
