#!/usr/bin/env python3
"""Does the meter's interval hold what all pairs say, and what does it cost? Standard library only.

    benches/scale/meter.py CORPUS.jsonl... [--sample 4000] [--threshold 0.8] [--rounds 3]

Each corpus (a JSON object a line, with the page in "text" and an "id"; no bad record) is cleaned with `--label off`, without
the meter and with it, ROUNDS times in turns; the least CPU seconds of each are shown. Then `examples/all_pairs.rs` compares
all pairs, and a table says whether the intervals hold what it finds.
"""
import argparse
import json
import os
import subprocess
import tempfile


def clean(dehusk: str, corpus: str, folder: str, threshold: float, more: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MiB of a run."""
    command = [dehusk, 'clean', corpus, '-o', f'{folder}/out.jsonl', '--decisions', f'{folder}/decisions.jsonl',
               '--report', f'{folder}/report.json', '--label', 'off', '--overwrite', '-q', '--set',
               f'dedup.threshold={threshold}', *more]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f'failed: {" ".join(command)}')
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument('corpora', nargs='+')
    args.add_argument('--sample', type=int, default=4000)
    args.add_argument('--threshold', type=float, default=0.8)
    args.add_argument('--rounds', type=int, default=3)
    args = args.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    target = os.environ.get('CARGO_TARGET_DIR', f'{here}/../../target') + '/release'
    subprocess.run(['cargo', 'build', '--quiet', '--release', '--bins', '--example', 'all_pairs'], cwd=here, check=True)
    print('| corpus | documents | dropped | missed | recall | interval | holds | precision | interval | holds '
          '| CPU s | with meter | × | peak MiB | with meter |')
    print('| --- ' * 15 + '|')
    for corpus in args.corpora:
        with tempfile.TemporaryDirectory() as folder:
            without, metered = [], []
            for _ in range(args.rounds):
                without.append(clean(f'{target}/dehusk', corpus, folder, args.threshold, []))
                metered.append(clean(f'{target}/dehusk', corpus, folder, args.threshold, [f'--meter={args.sample}']))
            command = [f'{target}/examples/all_pairs', corpus, f'{folder}/decisions.jsonl', str(args.threshold)]
            truth = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            with open(f'{folder}/report.json', encoding='utf-8') as report:
                told = json.load(report)['quality']
        cells = [os.path.basename(corpus).removesuffix('.jsonl'), f'{truth["documents"]:,}', f'{truth["near"]:,}', truth['missed']]
        for share in ['recall', 'precision']:
            low, high = told[share]['low'], told[share]['high']
            holds = low - 1e-9 <= truth[share] <= high + 1e-9
            cells += [f'{truth[share]:.5f}', f'{low:.5f} to {high:.5f}', 'yes' if holds else '**no**']
        (cpu, peak), (cpu_metered, peak_metered) = min(without), min(metered)
        cells += [f'{cpu:.1f}', f'{cpu_metered:.1f}', f'{cpu_metered / cpu:.2f}', f'{peak:.0f}', f'{peak_metered:.0f}']
        print('| ' + ' | '.join(map(str, cells)) + ' |', flush=True)


if __name__ == '__main__':
    main()
