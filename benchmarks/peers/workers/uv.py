"""uv, by way of ``uv pip compile`` over a folder of wheels that hold nothing but metadata: a whole process, no more.

The command is the second argument. It asks no index. Its own cache lies in the folder, too, and is filled by the call
to warm up. `end_to_end` is by the clock on the wall, since uv works in several threads; `cpu` is in CPU seconds.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path

from sampling import ranges

OPTIONS = ("--no-index", "--offline", "--no-config", "--no-header", "--no-annotate", "--color=never")


def main():
    reply, command = sys.argv[1:]
    task = json.load(sys.stdin)
    question, folder = task["question"], Path(task["folder"])
    wheels = folder / "wheels"
    wheels.mkdir()
    for module, versions in enumerate(question["modules"]):
        for rank, needs in enumerate(versions):
            write_wheel(wheels, module, rank, [spelled(question, need) for need in needs])
    request = folder / "request.in"
    request.write_text("".join(f"{spelled(question, need)}\n" for need in question["request"]), encoding="utf-8")
    call = [command, "pip", "compile", request, *OPTIONS, f"--find-links={wheels}", f"--cache-dir={folder / 'cache'}"]
    call.append(f"--python={sys.executable}")
    told = {"version": version(command), "chosen": None, "parts": {"end_to_end": [], "cpu": []}}
    for turn in range(task["samples"] + 1):
        before, start = used(), time.perf_counter()
        try:
            done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=task["limit"])
        except subprocess.TimeoutExpired:
            told |= {"over_limit": True, "parts": {}}
            break
        if turn:
            told["parts"]["end_to_end"].append(time.perf_counter() - start)
            told["parts"]["cpu"].append(used() - before)
        if done.returncode == 0:
            told["chosen"] = sorted(map(read, done.stdout.split()))
        elif "No solution found" not in done.stderr:
            raise RuntimeError(done.stderr)
    Path(reply).write_text(json.dumps(told), encoding="utf-8")


def write_wheel(folder, module, rank, needs):
    stem = f"m{module}-{rank}"
    lines = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: m{module}\nVersion: {rank}\n{lines}"
        )
        tags = "Wheel-Version: 1.0\nGenerator: benchmarks\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{stem}.dist-info/WHEEL", tags)
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def spelled(question, need):
    """Several ranges as one that leaves out the ranks between them."""
    module, admitted = ranges(question, need)
    if not admitted:
        return f"m{module}<0"
    low, high = admitted[0][0], admitted[-1][1]
    told = question["needs"][need][1]
    gaps = [rank for (_, one), (two, _) in pairwise(told) for rank in range(one + 1, two)]
    bounds = [*([] if low is None else [f">={low}"]), *([] if high is None else [f"<={high}"])]
    return f"m{module}{','.join((*bounds, *(f'!={rank}' for rank in gaps)))}"


def read(line):
    name, _, rank = line.partition("==")
    return [int(name[1:]), int(rank)]


def used():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def version(command):
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split()[:2])


main()
