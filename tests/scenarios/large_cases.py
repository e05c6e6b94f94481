"""Scenarios too large to keep; ``python tests/scenarios/large_cases.py FOLDER`` writes them as replay files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

__all__ = ["CASES"]


def _module(name: str, version: object, *needs: str) -> str:
    listed = ", ".join(f'"{need}"' for need in needs)
    return f"- {{name: {name}, version: {version}, dependencies: {{modules: [{listed}]}}}}"


def _replay(about: str, request: Sequence[str], modules: Iterable[str]) -> str:
    listed = ", ".join(f'"{one}"' for one in request)
    return "\n".join(("las-solve-replay: 1", f"about: {about}", f"request: [{listed}]", "modules:", *modules, ""))


def _same_need() -> str:
    about = "Section 7. 5,000 versions with the same need are one statement about every version."
    versions = (_module("comfyui", f"0.{n}", "torch@>=3") for n in range(5_000))
    return _replay(about, ["comfyui"], [*versions, _module("torch", "2.7.1")])


def _drifting_need() -> str:
    about = "Section 7. 5,000 versions whose needs drift are told by the oldest torch that any of them needs."
    versions = (_module("comfyui", f"0.{n}", f"torch@>=2.{n // 100 + 5}") for n in range(5_000))
    return _replay(about, ["comfyui", "torch@<2.5"], [*versions, *(_module("torch", f"2.{n}") for n in range(60))])


def _alternating_need() -> str:
    about = "Section 7. 500 versions need one or the other of two modules by turns, and neither is possible."
    versions = (_module("comfyui", f"0.{n}", "torch@>=3" if n % 2 else "torch-nightly@>=3") for n in range(500))
    return _replay(about, ["comfyui"], [*versions, _module("torch", "2.7.1"), _module("torch-nightly", "2.8.1")])


def _need_of_its_own() -> str:
    about = "Section 7. 100 versions of each of two modules need a torch of their own, which no two share."
    ours = (_module("comfyui", f"0.{n}", f"torch@==2.{2 * n}") for n in range(100))
    theirs = (_module("xformers", f"0.{n}", f"torch@==2.{2 * n + 1}") for n in range(100))
    return _replay(about, ["comfyui", "xformers"], [*ours, *theirs, *(_module("torch", f"2.{n}") for n in range(200))])


def _deep() -> str:
    about = "Section 7. A chain of 1,000 needs is told by its ends, and nothing recurses on the way."
    chain = (_module(f"stage-{n}", "1", f"stage-{n + 1}" if n < 1_000 else "torch@<2") for n in range(1, 1_001))
    return _replay(about, ["stage-1", "torch@>=2"], [*chain, _module("torch", "2.7.1"), _module("torch", "1.13.1")])


CASES: dict[str, Callable[[], str]] = {
    "same-need": _same_need,
    "drifting-need": _drifting_need,
    "alternating-need": _alternating_need,
    "need-of-its-own": _need_of_its_own,
    "deep": _deep,
}
"""What makes the text of each, by name."""


if __name__ == "__main__":
    for name, make in CASES.items():
        Path(sys.argv[1], f"{name}.yaml").write_text(make(), encoding="utf-8")
