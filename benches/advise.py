#!/usr/bin/env python3
"""Whether what `dehusk advise` foretells comes true. Standard library only.

    benches/advise.py CORPUS.jsonl... [--dehusk target/release/dehusk] [--label off] [--sample 5%] [--memory 1GiB]

For each corpus: runs advise, then the real `clean` with the same flags, and prints what was foretold as a multiple of what
came: documents, candidate pairs, pairs compared, duplicates, CPU time, the work folder at its largest (looked at a hundred
times a second) and the memory at its largest. An exclamation mark stands where that is not within a factor of 1.5. The two
run one after the other, so where others use the machine its CPU time is worth little; --rounds takes the median of several.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

COUNTS = ['documents', 'candidates', 'verified', 'duplicates', 'disk_bytes', 'corpus_bytes', 'memory_bytes']


def usage(command: list[str], folder: str | None, **options) -> tuple[float, float, int, int]:
    """CPU seconds, wall seconds, peak bytes of memory, and the largest size of what lies in work folders."""
    begun, largest = time.monotonic(), 0
    process = subprocess.Popen(command, **options)
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if folder:
            largest = max(largest, size(folder))
        time.sleep(0.01)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        raise SystemExit(f'failed: {" ".join(command)}')
    return used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss * 1024, largest


def size(folder: str) -> int:
    total = 0
    for name in os.listdir(folder):
        if '.work-' in name:
            for root, _, files in os.walk(f'{folder}/{name}'):
                for file in files:
                    try:
                        total += os.stat(f'{root}/{file}').st_size
                    except FileNotFoundError:
                        pass
    return total


def once(a: argparse.Namespace, corpus: str, flags: list[str], folder: str) -> tuple[dict, dict, float]:
    """What was foretold, what came, and the sample's share."""
    foretold_file = f'{folder}/advice.json'
    command = [a.dehusk, 'advise', corpus, '--json', *flags] + (['--sample', a.sample] if a.sample else [])
    with open(foretold_file, 'wb') as out:
        advised = usage(command, None, stdout=out)
    with open(foretold_file, encoding='utf-8') as text:
        run = json.load(text)['run']
    foretold = {name: run['forecast'][name]['likely'] for name in [*COUNTS, 'cpu_seconds', 'wall_seconds']}
    foretold['shaky'] = run['forecast']['shaky']
    command = [a.dehusk, 'clean', corpus, '-o', f'{folder}/out.jsonl', '--decisions', f'{folder}/decisions.jsonl',
               '--report', f'{folder}/report.json', '--overwrite', '-q', *flags]
    cpu, wall, memory, disk = usage(command, folder, stderr=subprocess.DEVNULL)
    with open(f'{folder}/report.json', encoding='utf-8') as text:
        report = json.load(text)
    dropped = report['documents']['dropped']
    came = {
        'documents': report['documents']['read'],
        'candidates': report['search']['candidates'],
        'verified': report['search']['verified'],
        'duplicates': dropped['exact_duplicate'] + dropped['near_duplicate'],
        'corpus_bytes': os.path.getsize(f'{folder}/out.jsonl'),
        'disk_bytes': disk, 'memory_bytes': memory, 'cpu_seconds': cpu, 'wall_seconds': wall,
        'advice': advised[0],
    }
    return foretold, came, run['sample']['share']


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpora', nargs='+')
    parser.add_argument('--dehusk', default='target/release/dehusk')
    parser.add_argument('--label', default='off')
    parser.add_argument('--sample')
    parser.add_argument('--memory')
    parser.add_argument('--threads', default='2')
    parser.add_argument('--rounds', type=int, default=1)
    parser.add_argument('--folder')
    a = parser.parse_args()
    flags = ['--label', a.label, '--threads', a.threads] + (['--memory', a.memory] if a.memory else [])
    names = ['documents', 'candidates', 'verified', 'duplicates', 'cpu_seconds', 'wall_seconds', 'disk_bytes',
             'corpus_bytes', 'memory_bytes']
    heads = ['documents', 'candidates', 'compared', 'duplicates', 'CPU', 'wall', 'disk', 'corpus', 'memory']
    print('| corpus | label | sample | ' + ' | '.join(heads) + ' | advice, CPU s | run, CPU s |')
    print('| --- ' * (len(heads) + 5) + '|')
    worst = 1.0
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        for corpus in a.corpora:
            rounds = [once(a, corpus, flags, folder) for _ in range(a.rounds)]
            ratios = {n: statistics.median(f[n] / max(c[n], 1e-9) for f, c, _ in rounds) for n in names}
            cells = []
            for name in names:
                factor = max(ratios[name], 1 / max(ratios[name], 1e-9))
                worst = max(worst, factor)
                cells.append(f'{ratios[name]:.2f}' + ('!' if factor > 1.5 else ''))
            _, came, share = rounds[-1]
            print(f'| {os.path.basename(corpus)} | {a.label} | {100 * share:.1f} % | ' + ' | '.join(cells)
                  + f' | {came["advice"]:.1f} | {came["cpu_seconds"]:.1f} |', flush=True)
            for doubt in rounds[-1][0]['shaky']:
                print(f'  shaky: {doubt}', file=sys.stderr)
    print(f'\nworst factor: {worst:.2f}')


if __name__ == '__main__':
    sys.exit(main())
