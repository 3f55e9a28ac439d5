#!/usr/bin/env python3
"""Run a command on one processor and write what it cost: measure.py COST.json LOG COMMAND…

A process of its own because the peak that the system reports for a child is at least what its parent had in memory
when it forked; here that is this script and nothing else (some 15 MB, below which no peak can be seen).
"""

import json
import os
import subprocess
import sys


def main() -> None:
    report, log, *command = sys.argv[1:]
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with open(log, "w") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "exit": child.returncode,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        # Linux counts in KiB.
        "peak_bytes": usage.ru_maxrss * 1024,
    }
    with open(report, "w") as out:
        json.dump(cost, out)


if __name__ == "__main__":
    main()
