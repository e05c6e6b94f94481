"""A process that has imported what its children need, and forks one for every task: a child starts in a millisecond.

It has one thread and no open files but its pipes, whatever runs the tests. Run as a script it is that process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

Argument: TypeAlias = str | int | float | None


class Zygote:
    """Forks children that call functions of `modules`, all of which it imports first."""

    def __init__(self, *modules: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
        )
        self._children: set[int] = set()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in sorted(self._children):
            os.kill(child, signal.SIGKILL)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def prepare(self, function: str, *arguments: Argument) -> None:
        """Call ``module.function`` in the process itself: what that leaves in memory, all children find there."""
        if self._ask({"prepare": function, "arguments": arguments}) != 0:
            raise RuntimeError(f"{function} failed")

    def start(self, function: str, *arguments: Argument) -> int:
        """Fork a child that calls ``module.function`` with the arguments; its process id."""
        child = self._ask({"function": function, "arguments": arguments})
        self._children.add(child)
        return child

    def wait(self, child: int) -> int:
        """The exit status of a child once it has ended; what ended it, negative, where that was a signal."""
        status = self._ask({"wait": child})
        self._children.discard(child)
        return status

    def call(self, function: str, *arguments: Argument) -> int:
        """Start a child, and wait for it."""
        return self.wait(self.start(function, *arguments))

    def kill(self, child: int, *, after: float, once: Callable[[], bool] = lambda: True) -> int:
        """Kill a child this many seconds after `once` holds, if it has not ended before; as :meth:`wait`."""
        deadline = time.monotonic() + 60
        while not once():
            if time.monotonic() > deadline:
                raise TimeoutError("the child does not do what is waited for")
            time.sleep(0.0005)
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.wait(child)

    def _ask(self, message: object) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _main(modules: Sequence[str]) -> None:
    functions = {name: importlib.import_module(name) for name in modules}

    def call(function: str, arguments: Sequence[Argument]) -> int:
        module, _, name = function.rpartition(".")
        try:
            getattr(functions[module], name)(*arguments)
        except BaseException:
            traceback.print_exc()
            return 1
        return 0

    for line in sys.stdin:
        message = json.loads(line)
        if "wait" in message:
            _, status = os.waitpid(message["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif "prepare" in message:
            print(call(message["prepare"], message["arguments"]), flush=True)
            gc.freeze()  # what children share is not touched, and so not copied
        elif child := os.fork():
            print(child, flush=True)
        else:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os._exit(call(message["function"], message["arguments"]))


if __name__ == "__main__":
    _main(sys.argv[1:])
