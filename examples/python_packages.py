"""A planner over the metadata of Python packages.

`Packages` is a source in the sense of the library: five short methods, no base class, and no copy of anything. It reads
the fields ``Name``, ``Version``, ``Requires-Dist`` and ``Requires-Python`` as PEP 345, 508 and 566 have them. What
environment a plan is for decides about markers; an extra becomes a module of its own, ``name.extra``, that needs the
package at the same version. What stands behind a URL (``name @ ...``) and arbitrary equality (``===``) are left out,
and said so.

Run it: ``python examples/python_packages.py``, or with ``installed`` for what is installed where it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distributions

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Dependency
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from las_solver import Conflict, Constraint, Host, ModuleVersion, Planner, Request, Requirement, Source

Metadata = Mapping[str, str | Sequence[str]]

INDEX: list[Metadata] = [
    {"Name": "Shop", "Version": "2.0", "Requires-Dist": ["web>=3", "store[fast]>=1"], "Requires-Python": ">=3.9"},
    {"Name": "Shop", "Version": "1.0", "Requires-Dist": ["web<3", 'winapi; sys_platform == "win32"']},
    {"Name": "web", "Version": "3.1", "Requires-Dist": ["codec~=2.0"], "Requires-Python": ">=3.13"},
    {"Name": "web", "Version": "3.0", "Requires-Dist": ["codec~=2.0"]},
    {"Name": "web", "Version": "2.9", "Requires-Dist": ["codec<2"]},
    {"Name": "store", "Version": "1.4", "Requires-Dist": ['speedups>=1; extra == "fast"', "codec>=1.5"]},
    {"Name": "speedups", "Version": "1.2", "Requires-Dist": ["codec<2"]},
    {"Name": "speedups", "Version": "1.1", "Requires-Dist": []},
    {"Name": "codec", "Version": "2.3"},
    {"Name": "codec", "Version": "1.9"},
]


class Packages:
    """A source of packages. `environment` is what markers are about, as in ``packaging.markers``."""

    def __init__(self, index: Iterable[Metadata], environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._modules: dict[str, list[ModuleVersion]] = {}
        self._namers: dict[str, set[str]] = {}
        self.left_out: list[str] = []
        for metadata in index:
            for one in self._read(metadata):
                self._modules.setdefault(one.name, []).append(one)
                for entry in one.requirements:
                    if entry.constraint.names_prerelease:
                        self._namers.setdefault(entry.name, set()).add(one.name)
        for several in self._modules.values():
            several.sort(key=lambda one: one.version, reverse=True)

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        return self._modules.get(name, [])

    def providers(self, interface: str) -> Collection[str]:
        return ()

    def prerelease_namers(self, name: str) -> Collection[str]:
        return self._namers.get(name, ())

    def names(self) -> Collection[str]:
        return self._modules.keys()

    def _read(self, metadata: Metadata) -> Iterator[ModuleVersion]:
        name, label = canonicalize_name(_text(metadata, "Name")), _text(metadata, "Version")
        try:
            version = Version(label)
        except InvalidVersion:
            self.left_out.append(f"{name} {label}: not a version of PEP 440")
            return
        python = _text(metadata, "Requires-Python")
        interpreter = (Requirement("python", Constraint.parse(python)),) if python else ()
        needs: dict[str, dict[str, None]] = {"": {}}
        for entry in _several(metadata, "Requires-Dist"):
            for extra, need in self._needs(f"{name} {version}", entry, _several(metadata, "Provides-Extra")):
                needs.setdefault(extra, {})[need] = None
        for extra, texts in needs.items():
            base = (Requirement.parse(f"{name}@=={version}"),) if extra else ()
            yield ModuleVersion(
                name=f"{name}.{extra}" if extra else name,
                version=version,
                category="package",
                requirements=(*base, *map(Requirement.parse, texts)),
                runtimes=interpreter,
                source=f"METADATA of {name} {version}",
            )

    def _needs(self, label: str, entry: str, extras: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What an entry of ``Requires-Dist`` needs here, and for which extra."""
        try:
            dependency = Dependency(entry)
        except InvalidRequirement as error:
            self.left_out.append(f"{label}: {entry}: {error}")
            return
        if dependency.url or "===" in str(dependency.specifier):
            self.left_out.append(f"{label}: {entry}")
            return
        for extra in ("", *extras):
            if extra and self._holds(dependency, ""):
                continue  # the package itself needs that
            if self._holds(dependency, extra):
                target, constraint = canonicalize_name(dependency.name), str(dependency.specifier)
                for part in ("", *sorted(dependency.extras)):
                    module = f"{target}.{canonicalize_name(part)}" if part else target
                    yield canonicalize_name(extra) if extra else "", f"{module}@{constraint}" if constraint else module

    def _holds(self, dependency: Dependency, extra: str) -> bool:
        return dependency.marker is None or dependency.marker.evaluate({**self._environment, "extra": extra})


def _text(metadata: Metadata, key: str) -> str:
    value = metadata.get(key, "")
    return value if isinstance(value, str) else ""


def _several(metadata: Metadata, key: str) -> Sequence[str]:
    value = metadata.get(key, ())
    return (value,) if isinstance(value, str) else value


def installed() -> Iterator[Metadata]:
    """The metadata of what is installed where this runs."""
    for one in distributions():
        fields = one.metadata
        yield {
            "Name": fields["Name"],
            "Version": fields["Version"],
            "Requires-Python": fields["Requires-Python"] or "",
            "Requires-Dist": fields.get_all("Requires-Dist") or [],
            "Provides-Extra": fields.get_all("Provides-Extra") or [],
        }


def report(source: Source, python: str, *wanted: str) -> None:
    """Plan for an interpreter of that version, and print what came of it."""
    planner = Planner(source, Host(runtimes={"python": Version(python)}))
    answer = planner.plan(Request(requirements=tuple(map(Requirement.parse, wanted))))
    print(f"{', '.join(wanted)} for Python {python}:")
    if isinstance(answer, Conflict):
        print(answer.to_dict()["explanation"])
        return
    print("  " + ", ".join(f"{step.module} {step.version}" for step in answer.steps))
    for step in answer.steps:
        if step.held_back_by:
            reasons = [str(reason["text"]) for reason in step.to_dict()["held_back_by"]]
            print(f"  {step.module} {step.newest} would be newer, but {'; '.join(reasons)}")


def main() -> None:
    environment = {"sys_platform": "linux", "python_version": "3.12"}
    if sys.argv[1:] == ["installed"]:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        packages = Packages(installed(), {"sys_platform": sys.platform, "python_version": here})
        for name in sorted(packages.names()):
            if "." not in name:
                report(packages, here, name)
        return
    packages = Packages([{**one, "Provides-Extra": ["fast"]} for one in INDEX], environment)
    report(packages, "3.12", "shop")
    report(packages, "3.13", "shop")
    report(packages, "3.12", "shop@==1.0", "store@>=1", "codec@>=2")


if __name__ == "__main__":
    main()
