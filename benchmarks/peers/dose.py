"""dose-debcheck, which finds the packages of a Debian archive that cannot be installed.

A module is a package, and a rank its version. Neither hardware nor modes are known to it (what the host rules out is
left out, see `question`), and it has no words for cycles and for pre-releases that only a requirement lets in: on
registries without them its verdicts are those of an audit. Two versions of one package exclude each other, so that a
clause for each gap says that a version lies in ranges.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.peers.question import Question, Ranges
from benchmarks.problems import Problem
from las_solver.model import Host, ModuleVersion, Request

__all__ = ["broken_versions", "debcheck_command", "debcheck_version", "find_debcheck", "packages_text", "question_of"]

_BROKEN = re.compile(r"^  package: m(\d+)\n  version: (\d+)\n(?:  .*\n)*?  status: broken$", re.MULTILINE)
_SECONDS = 600.0
_NONE = "none"
"""The name of a package that does not exist: those of modules and interfaces have a number."""


def find_debcheck() -> str | None:
    """The program: ``LAS_SOLVE_BENCH_DOSE``, or ``dose-debcheck`` on the path; None where it is not installed."""
    return shutil.which(os.environ.get("LAS_SOLVE_BENCH_DOSE", "dose-debcheck"))


def debcheck_version(program: str) -> str:
    """What `program` calls itself."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=_SECONDS).stdout
    return f"dose-debcheck {(told.split() or ['version unknown'])[0]}"


def debcheck_command(program: str, packages: Path, *more: str) -> tuple[str, ...]:
    """Name every package of the file that cannot be installed; the exit status is 1 if there is one, else 0."""
    return (program, "--failures", "--deb-native-arch=amd64", *more, str(packages))


def broken_versions(program: str, module_versions: Sequence[ModuleVersion], host: Host, folder: Path) -> set[str]:
    """The versions, as ``name version``, that cannot be installed on `host` according to `program`.

    With those that the host rules out by themselves, which it is not told of. `folder` is for a file.
    """
    question = question_of(module_versions, host)
    packages = folder / "Packages"
    packages.write_text("".join(packages_text(question)), encoding="ascii")
    command = debcheck_command(program, packages)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr}")
    told = {(int(module), int(rank)) for module, rank in _BROKEN.findall(done.stdout)}
    can = {
        f"{name} {version}"
        for number, (name, versions) in enumerate(zip(question.names, question.versions, strict=True))
        for rank, version in enumerate(versions)
        if (number, rank) not in told
    }
    return {str(one) for one in module_versions} - can


def question_of(module_versions: Iterable[ModuleVersion], host: Host) -> Question:
    """The modules in words that dose has, with no request."""
    request = Request(requirements=())
    return Question.of(Problem(name="audit", module_versions=tuple(module_versions), host=host, request=request))


def packages_text(question: Question) -> Iterator[str]:
    """`question` as stanzas of a Debian ``Packages`` file."""
    interfaces = frozenset(question.interfaces)
    provided = _provided(question)
    for module, versions in enumerate(question.modules):
        if module in interfaces:
            continue
        for rank, needs in enumerate(versions):
            clauses = [clause for need in needs for clause in _clauses(question, interfaces, *question.needs[need])]
            provides = provided.get((module, rank), ())
            yield f"Package: m{module}\nVersion: {rank}\nArchitecture: all\n"
            yield f"Depends: {', '.join(clauses)}\n" if clauses else ""
            yield f"Provides: {', '.join(f'i{one}' for one in provides)}\n" if provides else ""
            yield "\n"


def _clauses(question: Question, interfaces: frozenset[int], module: int, admitted: Ranges) -> Iterator[str]:
    """What says that a version of `module` with an admitted rank is there: ``m (>= 2)`` and ``m (<= 3) | m (>= 7)``."""
    if module in interfaces:
        yield f"i{module}" if admitted else _NONE
        return
    last = len(question.modules[module]) - 1
    if not admitted:
        yield _NONE
    elif admitted == ((0, last),):
        yield f"m{module}"
    else:
        low, high = admitted[0][0], admitted[-1][1]
        if low > 0:
            yield f"m{module} (>= {low})"
        for (_, before), (after, _) in pairwise(admitted):
            yield f"m{module} (<= {before}) | m{module} (>= {after})"
        if high < last:
            yield f"m{module} (<= {high})"


def _provided(question: Question) -> Mapping[tuple[int, int], Sequence[int]]:
    """The interfaces that each module and rank provides. A version of an interface needs one of its providers."""
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for interface in question.interfaces:
        for (need,) in question.modules[interface]:
            module, ranges = question.needs[need]
            for low, high in ranges:
                for rank in range(low, high + 1):
                    found[module, rank].append(interface)
    return found
