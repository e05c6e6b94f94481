"""What all workers share: how they are told what to do, how they take samples, and how they reply.

The task is a JSON object on standard input: ``question`` (see `benchmarks.peers.question`), ``samples``, ``limit`` and
``folder``, an empty folder to write to. The reply goes to the file that the first argument names, and the process ends
at once, since threads of a peer sometimes bring down an interpreter that ends in order.

Times are CPU seconds of the whole process. A call that takes longer than the limit, by the clock on the wall, ends the
process by SIGALRM, which nothing can hold up. (It is no timer of CPU time: while one runs, Linux tells a process its
own CPU time in steps of some milliseconds.)
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from pathlib import Path

ENOUGH_SECONDS = 4.0
"""No more samples are taken after this many seconds by the clock on the wall, if there is one."""


class Clock:
    """Measures calls, none of which may take longer than `limit` seconds."""

    def __init__(self, limit):
        self.limit = limit

    def seconds(self, call):
        """What `call` returns, and the seconds that it took."""
        gc.collect()
        signal.setitimer(signal.ITIMER_REAL, self.limit)
        start = time.process_time()
        returned = call()
        seconds = time.process_time() - start
        signal.setitimer(signal.ITIMER_REAL, 0)
        return returned, seconds


def work(version, prepare):
    """Perform the task with `prepare(question, folder)`, which returns `sample(clock)`.

    That returns the answer as pairs of a module and a rank, None if there is none, and the seconds of each part.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    task = json.load(sys.stdin)
    reply = Path(sys.argv[1])
    reply.write_text(json.dumps({"version": version}), encoding="utf-8")
    sample = prepare(task["question"], task["folder"])
    clock = Clock(task["limit"])
    chosen, _ = sample(clock)
    began = time.perf_counter()
    samples = []
    while len(samples) < task["samples"] and (not samples or time.perf_counter() - began < ENOUGH_SECONDS):
        again, seconds = sample(clock)
        if again != chosen:
            raise RuntimeError("the same question had two answers")
        samples.append(seconds)
    parts = {name: [one[name] for one in samples] for name in samples[0]}
    reply.write_text(json.dumps({"version": version, "parts": parts, "chosen": chosen}), encoding="utf-8")
    os._exit(0)


def ranges(question, need):
    """The module of a need, and the ranges of ranks that it admits, with None where a bound would exclude nothing."""
    module, admitted = question["needs"][need]
    last = len(question["modules"][module]) - 1
    open_ended = [(None if low == 0 else low, None if high == last else high) for low, high in admitted]
    return module, open_ended
