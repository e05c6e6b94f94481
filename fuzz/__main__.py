"""``python -m fuzz``: fuzzes each target in turn; needs atheris (``make fuzz``)."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from fuzz.corpus import found, keep, seeds

_LONGEST: Final = 4096
"""Bytes of an input."""

_MEMORY: Final = 2048
"""MiB that one input may make the process take."""

_SLOW: Final = 10
"""Seconds after which an input is a finding."""

_KEPT: Final = 400
"""Bytes of an input that is kept for the test suite."""

_MOST_KEPT: Final = 100


def main() -> int:
    """Fuzzes, and keeps what was found where that is wanted; how many targets had a finding."""
    from fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; all if none is named")
    parser.add_argument("--minutes", type=float, default=5, help="for all of them together (5)")
    parser.add_argument("--work", type=Path, default=Path(".fuzz"), help="where inputs and findings are kept (.fuzz)")
    parser.add_argument("--keep", action="store_true", help="put what was found beside the fuzzer, for the test suite")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"there is no target {min(unknown)}")
    failed = [name for name in names if not _run(name, options.work, options.minutes * 60 / len(names), options.keep)]
    print(f"findings: {', '.join(failed)}" if failed else "no findings")
    return len(failed)


def _run(name: str, work: Path, seconds: float, keeps: bool) -> bool:
    """Fuzzes one target in a process of its own; whether nothing was found."""
    inputs, findings = work / name / "inputs", work / name / "findings"
    for folder in (inputs, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for at, data in enumerate((*seeds(name), *found(name))):
        (inputs / f"seed-{at:04}").write_bytes(data)
    words = work / name / "words"
    words.write_text("".join(f'"{word}"\n' for word in _words(name)), encoding="ascii")
    command = [sys.executable, "-m", "fuzz", "--run", name]
    limits = [f"-max_len={_LONGEST}", f"-rss_limit_mb={_MEMORY}", f"-timeout={_SLOW}"]
    if words.stat().st_size:
        limits.append(f"-dict={words}")
    limits += [f"-artifact_prefix={findings}/", "-print_final_stats=1", f"-max_total_time={seconds:.0f}"]
    log = work / name / "log.txt"
    with log.open("wb") as output:
        done = subprocess.run([*command, *limits, str(inputs)], stderr=output, stdout=output, check=False)
    if keeps:
        fresh = {one.read_bytes() for one in inputs.iterdir()} - set(seeds(name))
        short = sorted((one for one in fresh if len(one) <= _KEPT), key=lambda one: (len(one), one))
        keep(name, short[:: len(short) // _MOST_KEPT + 1])
    print(f"{name}: {_summary(log.read_text(encoding='utf-8', errors='replace'))}", flush=True)
    if done.returncode:
        print(f"  see {log} and {findings}", flush=True)
    return done.returncode == 0


def _summary(log: str) -> str:
    """How far a run went, by what the fuzzer printed."""
    runs = re.findall(r"number_of_executed_units: (\d+)", log)
    last = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    if not runs or not last:
        return "it ended too early"
    edges, features, inputs = last[-1]
    return f"{int(runs[0]):,} runs, {edges} edges, {features} features, {inputs} inputs"


def _fuzz(name: str, arguments: list[str]) -> int:
    """Fuzzes one target in this process, with `arguments` of libFuzzer."""
    import atheris  # only here: the rest of this package does without

    with atheris.instrument_imports(include=["las_registry", "las_solver", "packaging", "fuzz.targets"]):
        for module in [one for one in sys.modules if one.startswith(("las_", "packaging", "fuzz."))]:
            del sys.modules[module]
        from fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()
    return 0


def _words(name: str) -> list[str]:
    """What the fuzzer builds inputs of: the words of the seeds."""
    texts = b"\n".join(seeds(name)).decode("utf-8", "replace")
    return sorted(
        {
            word
            for word in re.findall(r"[A-Za-z0-9_.-]{2,20}|[^\sA-Za-z0-9\"\\]{1,3}", texts)
            if word.isascii() and word.isprintable()
        }
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:  # what follows is the fuzzer's: see _run
        sys.exit(_fuzz(sys.argv[2], sys.argv[3:]))
    sys.exit(main())
