"""The RubyGems index: what users would ask of the two slices in the corpus, and the slices as module versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.problems.rubygems import ConvertedGems, convert_gems
from benchmarks.registries.module import GeneratedModule, Shape
from las_solver.constraint import Requirement
from las_solver.model import Host, Request

__all__ = ["GEM_REQUESTS", "HOST", "SLICES", "GemRequest", "load_slice", "modules_of"]

HOST = Host(cores=8, ram=16 * 1024**3)

_LATER = "complex_package_selection"
_EARLIER = "rubygems-2016-11-05"
SLICES = (_LATER, _EARLIER)
"""The slices: files called so, with the ending json, in the folder rubygems of the corpus."""


@dataclass(frozen=True, slots=True)
class GemRequest:
    """What is asked of the slice called `index`, as it would be typed."""

    index: str
    words: tuple[str, ...]

    @property
    def request(self) -> Request:
        return Request(requirements=tuple(map(Requirement.parse, self.words)))


GEM_REQUESTS: Mapping[str, GemRequest] = {
    "gems-rails": GemRequest(_LATER, ("rails",)),
    "gems-rails-3": GemRequest(_LATER, ("rails@==3.2.13",)),
    "gems-rails-4": GemRequest(_LATER, ("rails@~=4.2.0",)),
    "gems-rails-5-tested": GemRequest(_LATER, ("rails@>=5,<6", "rubocop", "rspec")),
    "gems-mail": GemRequest(_LATER, ("activesupport@<5", "actionmailer", "sprockets-rails")),
    "gems-websockets": GemRequest(_LATER, ("actioncable@<6", "coffee-rails")),
    "gems-observers": GemRequest(_LATER, ("railties@~=4.0", "nokogiri@<1.7", "rails-observers")),
    "gems-pages": GemRequest(_EARLIER, ("github-pages",)),
    "gems-pages-39": GemRequest(_EARLIER, ("github-pages@<40",)),
    "gems-jekyll-2": GemRequest(_EARLIER, ("jekyll@==2.5.3", "octokit@<4")),
    "gems-jekyll-plugins": GemRequest(_EARLIER, ("jekyll-mentions", "jemoji", "github-linguist@<4")),
    "gems-cucumber": GemRequest(_EARLIER, ("cucumber", "rspec@<3", "json")),
}
"""Requests of new and of old versions, by name."""


def load_slice(corpus: Path, index: str) -> ConvertedGems:
    """The slice called `index`; raises :class:`FileNotFoundError` where the corpus does not have it."""
    return convert_gems(json.loads((corpus / "rubygems" / f"{index}.json").read_text(encoding="utf-8")))


def modules_of(gems: ConvertedGems) -> Iterator[GeneratedModule]:
    """The gems as modules to write, versions oldest first; gems without a version are left out."""
    ordered = sorted(gems.module_versions, key=lambda one: (one.name, one.version))
    for name, several in groupby(ordered, key=lambda one: one.name):
        versions: list[str] = []
        runs: list[tuple[int, Shape]] = []
        for one in several:
            shape = Shape(requirements=tuple(map(str, one.requirements)), modes=one.modes)
            if not runs or runs[-1][1] != shape:
                runs.append((len(versions), shape))
            versions.append(str(one.version))
        yield GeneratedModule(name, "tool", versions, runs, len(versions) - 1)
