#!/usr/bin/env python3
"""How time and memory grow with the corpus: measured, fitted, and drawn as SVG. Standard library only.

    benches/scale/growth.py CORPUS.jsonl [--sizes 100,300,1000,3000,5000] [--memory 512MiB] [--svg docs/growth.svg]

The first so many MB of the corpus are cleaned with `--label off`, once with one thread and once with two, and CPU seconds,
wall seconds and peak resident memory are printed, with the exponent k of time ~ size^k by least squares over all sizes.
CPU seconds are drawn; memory stands beside.
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile
import time


def head(corpus: str, target: str, size: int) -> int:
    """The first whole lines of so many bytes; returns how many there were."""
    written = 0
    with open(corpus, 'rb') as lines, open(target, 'wb') as out:
        for line in lines:
            if written + len(line) > size:
                break
            out.write(line)
            written += len(line)
    return written


def clean(dehusk: str, corpus: str, folder: str, threads: int, memory: str) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak MiB of a run."""
    command = [dehusk, 'clean', corpus, '-o', f'{folder}/out.jsonl', '--label', 'off', '--overwrite', '-q',
               '--threads', str(threads), '--memory', memory]
    begun = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f'failed: {" ".join(command)}')
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss / 1024


def exponent(points: list[tuple[float, float]]) -> float:
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x = sum(x for x, _ in logs) / len(logs)
    mean_y = sum(y for _, y in logs) / len(logs)
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def svg(rows: list[tuple[float, float, float]], k: float) -> str:
    """MB, CPU seconds and MiB as a plot with two logarithmic axes."""
    width, height, left, bottom = 640, 400, 70, 60
    low_x, high_x = math.floor(math.log10(rows[0][0])), math.ceil(math.log10(rows[-1][0]))
    low_y = math.floor(math.log10(min(row[1] for row in rows)))
    high_y = math.ceil(math.log10(max(row[1] for row in rows)))
    x = lambda mb: left + (math.log10(mb) - low_x) / (high_x - low_x) * (width - left - 20)
    y = lambda s: height - bottom - (math.log10(s) - low_y) / (high_y - low_y) * (height - bottom - 40)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="{left}" y="24">CPU seconds of clean --label off; time grows as size^{k:.2f}</text>']
    for power in range(low_x, high_x + 1):
        out.append(f'<path d="M{x(10 ** power):.1f} 40V{height - bottom}" stroke="#ddd"/>'
                   f'<text x="{x(10 ** power):.1f}" y="{height - bottom + 20}" text-anchor="middle">{10 ** power:,} MB</text>')
    for power in range(low_y, high_y + 1):
        out.append(f'<path d="M{left} {y(10 ** power):.1f}H{width - 20}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{y(10 ** power) + 4:.1f}" text-anchor="end">{10.0 ** power:g} s</text>')
    line = ' '.join(f'{x(mb):.1f},{y(cpu):.1f}' for mb, cpu, _ in rows)
    out.append(f'<polyline points="{line}" fill="none" stroke="#06c" stroke-width="2"/>')
    for mb, cpu, peak in rows:
        out.append(f'<circle cx="{x(mb):.1f}" cy="{y(cpu):.1f}" r="4" fill="#06c"/>'
                   f'<text x="{x(mb) - 8:.1f}" y="{y(cpu) - 8:.1f}" text-anchor="end">{cpu:.1f} s, {peak:.0f} MiB</text>')
    return '\n'.join(out + ['</svg>', ''])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('corpus')
    parser.add_argument('--dehusk', default='target/release/dehusk')
    parser.add_argument('--sizes', default='100,300,1000,3000,5000', help='MB of JSONL')
    parser.add_argument('--memory', default='512MiB')
    parser.add_argument('--folder')
    parser.add_argument('--svg')
    a = parser.parse_args()
    rows = []
    print('| MB | CPU s, one thread | MB a CPU-second | wall s, one thread | wall s, two threads | × | peak MiB |')
    print('| --- | --- | --- | --- | --- | --- | --- |')
    with tempfile.TemporaryDirectory(dir=a.folder) as folder:
        for size in a.sizes.split(','):
            part = f'{folder}/part.jsonl'
            mb = head(a.corpus, part, int(float(size) * 1e6)) / 1e6
            cpu, wall, peak = clean(a.dehusk, part, folder, 1, a.memory)
            _, wall_two, peak_two = clean(a.dehusk, part, folder, 2, a.memory)
            peak = max(peak, peak_two)
            rows.append((mb, cpu, peak))
            print(f'| {mb:.0f} | {cpu:.1f} | {mb / cpu:.0f} | {wall:.1f} | {wall_two:.1f} | {wall / wall_two:.2f} | {peak:.0f} |', flush=True)
            os.remove(part)
    k = exponent([(mb, cpu) for mb, cpu, _ in rows]) if len(rows) > 1 else 1.0
    print(f'\ntime grows as size^{k:.3f}')
    if a.svg:
        os.makedirs(os.path.dirname(a.svg) or '.', exist_ok=True)
        with open(a.svg, 'w', encoding='utf-8') as out:
            out.write(svg(rows, k))


if __name__ == '__main__':
    sys.exit(main())
