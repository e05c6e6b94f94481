"""``python -m benchmarks.registries``: write a synthetic registry, or gems, as a tree of manifests or as an index."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic

from benchmarks.problems.files import profile_text
from benchmarks.problems.problem import corpus_folder
from benchmarks.registries import gems
from benchmarks.registries.extracts import write_index
from benchmarks.registries.layout import Layout
from benchmarks.registries.module import GeneratedModule
from benchmarks.registries.spec import HOST, Spec
from benchmarks.registries.synthetic import fitting, generate, request
from benchmarks.registries.writing import write_tree
from las_solver.model import Host, Request

_LAYOUTS = (
    "of the tree: a folder a module with one file (folders), a file a module (streams), or a file a version "
    "(versions); default: folders"
)
_SECONDS = 1.0
"""Progress is told this often."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what `arguments` ask for, and say what may be asked of it; 2 where that cannot be."""
    told = _parse(arguments)
    try:
        spec = _spec(told)
        for write, place in ((write_tree, told.tree), (write_index, told.index)):
            if place is not None:
                write(_counted(_modules(told, spec)), place, told.layout)
    except (FileExistsError, FileNotFoundError, ValueError) as error:
        hint = "" if told.gems is None else "\nhint: LAS_SOLVE_CORPUS names the folder with the data of gems"
        print(f"python -m benchmarks.registries: {error}{hint}", file=sys.stderr)
        return 2
    host, requests = _asked(told, spec)
    if told.profile is not None:
        told.profile.write_text(profile_text(host), encoding="utf-8")
    for name, one in requests:
        print(f"{name}: {' '.join(map(str, one.requirements))}")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    defaults = Spec(versions=0)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registries", description=__doc__)
    parser.add_argument("--versions", type=int, default=10_000, help="module versions in all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="(default: %(default)s)")
    parser.add_argument(
        "--blocked", type=float, default=defaults.blocked, help="share of blocked versions (default: %(default)s)"
    )
    parser.add_argument("--plain", action="store_true", help="only what other resolvers have words for, too")
    parser.add_argument(
        "--closure", type=int, action="append", metavar="N", help="plant a request; repeatable (default: all that fit)"
    )
    parser.add_argument(
        "--contradiction", type=int, action="append", metavar="N", help="plant one without an answer; repeatable"
    )
    parser.add_argument("--gems", choices=gems.SLICES, help="this slice of the corpus instead")
    parser.add_argument("--tree", type=Path, metavar="DIR", help="write manifests, to a folder that does not exist")
    parser.add_argument(
        "--index", type=Path, metavar="FILE", help="write an index without manifests, to a file that does not exist"
    )
    parser.add_argument("--layout", type=Layout, choices=list(Layout), default=Layout.FOLDERS, help=_LAYOUTS)
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write the profile of the host to plan for")
    told = parser.parse_args(arguments)
    if told.tree is None and told.index is None:
        parser.error("say where to: --tree DIR, --index FILE, or both")
    return told


def _spec(told: argparse.Namespace) -> Spec:
    spec = Spec(
        versions=told.versions, seed=told.seed, blocked=told.blocked, contradictions=tuple(told.contradiction or ())
    )
    spec = spec.plain() if told.plain else spec
    return fitting(spec) if told.closure is None else replace(spec, closures=tuple(told.closure))


def _modules(told: argparse.Namespace, spec: Spec) -> Iterable[GeneratedModule]:
    return generate(spec) if told.gems is None else gems.modules_of(gems.load_slice(corpus_folder(), told.gems))


def _asked(told: argparse.Namespace, spec: Spec) -> tuple[Host, list[tuple[str, Request]]]:
    """The host to plan for, and what may be asked."""
    if told.gems is not None:
        asked = gems.GEM_REQUESTS.items()
        return gems.HOST, [(name, one.request) for name, one in asked if one.index == told.gems]
    answered = [(f"closure of {size}", request(spec, size)) for size in spec.closures]
    without = [(f"contradiction of {size}", request(spec, size, contradiction=True)) for size in spec.contradictions]
    return HOST, answered + without


def _counted(modules: Iterable[GeneratedModule]) -> Iterator[GeneratedModule]:
    """`modules`; how many there were is told on standard error from time to time."""
    versions = count = 0
    told = monotonic()
    for module in modules:
        yield module
        versions += len(module.versions)
        count += 1
        if sys.stderr.isatty() and monotonic() - told >= _SECONDS:
            told = monotonic()
            print(f"\r{versions:,} versions of {count:,} modules", end="", file=sys.stderr, flush=True)
    print(f"{chr(13) if sys.stderr.isatty() else ''}{versions:,} versions of {count:,} modules", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
