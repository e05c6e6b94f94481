"""Starts one command and says what it cost: run as a script by a bare interpreter, with arguments LIMIT COMMAND...

The peak memory of a process counts what its parent held when it was started, so that the parent has to be small. On
standard output: a JSON object of exit status, seconds by the clock, CPU seconds and peak bytes; the status is None
where the command ran over the limit, in seconds, and was killed. What it writes goes to the standard error stream.
"""

import json
import os
import signal
import sys
from time import perf_counter


def launch(limit: float, command: list[str]) -> dict[str, float | None]:
    """Run `command` once."""
    start = perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)], setpgroup=0)

    def end(number: int, frame: object) -> None:
        os.killpg(process, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        _, status, usage = os.wait4(process, 0)
    except KeyboardInterrupt:
        os.killpg(process, signal.SIGKILL)
        raise
    seconds = perf_counter() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    is_over = os.WIFSIGNALED(status) and seconds >= limit
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "status": None if is_over else os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": peak,
    }


if __name__ == "__main__":
    print(json.dumps(launch(float(sys.argv[1]), sys.argv[2:])))
