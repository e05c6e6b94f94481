"""A planner over the metadata of Python packages.

`Packages` is a source in the sense of the library: five short methods, no base class, and no copy of anything. It reads
the fields ``Name``, ``Version``, ``Requires-Dist`` and ``Requires-Python`` as PEP 345, 508 and 566 have them. What
environment a plan is for decides about markers; an extra becomes a module of its own, ``name.extra``, that needs the
package at the same version. What stands behind a URL (``name @ ...``), arbitrary equality (``===``) and what is no
metadata of that form are left out, and said so.

Run it: ``python examples/python_packages.py``, or with ``installed`` for what is installed where it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import distributions

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Dependency
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from las_solver import (
    ANY,
    Conflict,
    Constraint,
    Host,
    InvalidConstraint,
    ModuleVersion,
    Planner,
    Request,
    Requirement,
)

Metadata = Mapping[str, str | Sequence[str]]

INDEX: list[Metadata] = [
    {"Name": "Shop", "Version": "2.0", "Requires-Dist": ["web>=3", "store[fast]>=1"], "Requires-Python": ">=3.9"},
    {"Name": "Shop", "Version": "1.0", "Requires-Dist": ["web<3", 'winapi; sys_platform == "win32"']},
    {"Name": "web", "Version": "3.1", "Requires-Dist": ["codec~=2.0"], "Requires-Python": ">=3.13"},
    {"Name": "web", "Version": "3.0", "Requires-Dist": ["codec~=2.0"]},
    {"Name": "web", "Version": "2.9.1", "Requires-Dist": ["codec<2"], "Requires-Python": ">=3.6.*"},
    {"Name": "web", "Version": "2.9", "Requires-Dist": ["codec<2", 'backport; python_version < "3.13"']},
    {"Name": "store", "Version": "1.4", "Requires-Dist": ['speedups>=1; extra == "fast"', "codec>=1.5"]},
    {"Name": "speedups", "Version": "1.2", "Requires-Dist": ["codec<2"]},
    {"Name": "speedups", "Version": "1.1", "Requires-Dist": []},
    {"Name": "backport", "Version": "1.0"},
    {"Name": "codec", "Version": "2.3"},
    {"Name": "codec", "Version": "1.9"},
]


class Packages:
    """A source of packages for an interpreter of the version `python`, such as ``3.12``, on `platform`.

    Markers about anything else are answered as where this runs. `left_out` says what does not count, and why.
    """

    def __init__(self, index: Iterable[Metadata], python: str, platform: str) -> None:
        self.python = Version(python)
        self._environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
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
            version, own = Version(label), Requirement.parse(f"{name}@=={label}")
            python = SpecifierSet(_text(metadata, "Requires-Python"))
            interpreter = (Requirement("python", Constraint.parse(str(python))),) if python else ()
        except (InvalidVersion, InvalidSpecifier, InvalidConstraint) as error:
            self.left_out.append(f"{name} {label}: {_first_line(error)}")
            return
        needs: dict[str, dict[Requirement, None]] = {"": {}}
        for entry in _several(metadata, "Requires-Dist"):
            for extra, need in self._needs(f"{name} {version}", entry, _several(metadata, "Provides-Extra")):
                needs.setdefault(extra, {})[need] = None
        for extra, several in needs.items():
            yield ModuleVersion(
                name=f"{name}.{extra}" if extra else name,
                version=version,
                category="package",
                requirements=(own, *several) if extra else tuple(several),
                runtimes=interpreter,
                source=f"METADATA of {name} {version}",
            )

    def _needs(self, label: str, entry: str, extras: Sequence[str]) -> Iterator[tuple[str, Requirement]]:
        """What an entry of ``Requires-Dist`` needs here, and for which extra."""
        try:
            dependency = Dependency(entry)
            constraint = Constraint.parse(str(dependency.specifier)) if dependency.specifier else ANY
        except (InvalidRequirement, InvalidConstraint) as error:
            self.left_out.append(f"{label}: {entry}: {_first_line(error)}")
            return
        if dependency.url:
            self.left_out.append(f"{label}: {entry}: behind a URL")
            return
        for extra in ("", *extras):
            if extra and self._holds(dependency, ""):
                continue  # the package itself needs that
            if self._holds(dependency, extra):
                target = canonicalize_name(dependency.name)
                for part in ("", *sorted(dependency.extras)):
                    module = f"{target}.{canonicalize_name(part)}" if part else target
                    yield canonicalize_name(extra) if extra else "", Requirement(module, constraint)

    def _holds(self, dependency: Dependency, extra: str) -> bool:
        return dependency.marker is None or dependency.marker.evaluate({**self._environment, "extra": extra})


def _text(metadata: Metadata, key: str) -> str:
    value = metadata.get(key, "")
    return value if isinstance(value, str) else ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


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


def report(packages: Packages, *wanted: str) -> None:
    """Plan for the interpreter that `packages` are for, and print what came of it."""
    planner = Planner(packages, Host(runtimes={"python": packages.python}))
    answer = planner.plan(Request(requirements=tuple(map(Requirement.parse, wanted))))
    print(f"{', '.join(wanted)} for Python {packages.python}:")
    if isinstance(answer, Conflict):
        print(answer.to_dict()["explanation"])
        return
    print("  " + ", ".join(f"{step.module} {step.version}" for step in answer.steps))
    for step in answer.steps:
        if step.held_back_by:
            reasons = [str(reason["text"]) for reason in step.to_dict()["held_back_by"]]
            print(f"  {step.module} {step.newest} would be newer, but {'; '.join(reasons)}")


def main() -> None:
    if sys.argv[1:] == ["installed"]:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        packages = Packages(installed(), here, sys.platform)
        for name in sorted(packages.names()):
            if "." not in name:
                report(packages, name)
        return
    index = [{**one, "Provides-Extra": ["fast"]} for one in INDEX]
    older, newer = Packages(index, "3.12", "linux"), Packages(index, "3.13", "linux")
    for packages in (older, newer):
        report(packages, "shop")
        report(packages, "shop@==1.0")
    report(older, "shop@==1.0", "store@>=1", "codec@>=2")
    print("left out:", "; ".join(older.left_out))


if __name__ == "__main__":
    main()
