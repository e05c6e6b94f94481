"""Requirements that nothing meets (LAS201 to LAS204, LAS206 to LAS208)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from las_registry.lint.remark import Remark, items_of
from las_registry.lint.stock import Stock
from las_registry.manifest import Manifest
from las_solver.constraint import Requirement
from las_solver.model import ModuleVersion
from las_solver.ranked import RankedModule
from las_solver.ranks import intersect

__all__ = ["unmet_requirements"]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a requirement is not met."""

    code: str
    message: str
    hint: str | None = None


def unmet_requirements(stock: Stock) -> Iterator[Remark]:
    """Every entry that no version, or nothing that is known, meets."""
    judge = _Judge(stock)
    for manifest in stock.manifests:
        module = manifest.module
        for requirement in module.requirements:
            verdict = judge.module(requirement, module)
            if verdict is not None:
                yield _remark(manifest, "modules", requirement, verdict)
        for requirement in module.runtimes:
            verdict = judge.runtime(requirement)
            if verdict is not None:
                yield _remark(manifest, "runtime", requirement, verdict)
        for interface in module.consumes:
            verdict = judge.interface(interface, module)
            if verdict is not None:
                path = ("interfaces", "consumes")
                at = next(at for at, text in items_of(manifest, path) if text == interface)
                yield Remark(
                    code=verdict.code,
                    manifest=manifest,
                    path=(*path, at),
                    message=verdict.message,
                    hint=verdict.hint,
                )


def _remark(manifest: Manifest, field: str, requirement: Requirement, verdict: _Verdict) -> Remark:
    path = ("dependencies", field)
    parse = Requirement.parse if field == "modules" else Requirement.parse_runtime
    at = next(at for at, text in items_of(manifest, path) if parse(text) == requirement)
    return Remark(code=verdict.code, manifest=manifest, path=(*path, at), message=verdict.message, hint=verdict.hint)


_UNASKED: Final = _Verdict("", "")


class _Judge:
    """What is to be said of requirements; each is looked at once."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._modules: dict[Requirement, _Verdict | None] = {}
        self._runtimes: dict[Requirement, _Verdict | None] = {}

    def module(self, requirement: Requirement, module: ModuleVersion) -> _Verdict | None:
        """What is wrong with an entry of ``dependencies.modules``, None if nothing is."""
        found = self._modules.get(requirement, _UNASKED)
        if found is _UNASKED:
            found = self._modules[requirement] = self._module(requirement)
        several = [one for one in module.requirements if one.name == requirement.name]
        if len(several) == 1:
            return found
        if found is not None and found.code == "LAS208" and any(one.constraint.names_prerelease for one in several):
            return None
        return found or (self._together(several) if requirement == several[-1] else None)

    def _together(self, several: Sequence[Requirement]) -> _Verdict | None:
        """What is wrong with several entries on one module if nothing is with each of them."""
        ranked = self._stock.ranked(several[0].name)
        admitted = [] if ranked is None else [ranked.admitted(one.constraint) for one in several]
        if not all(admitted) or reduce(intersect, admitted):
            return None
        message = f"{' and '.join(map(str, several))} together admit no version of {several[0].name}"
        return _Verdict("LAS202", message)

    def runtime(self, requirement: Requirement) -> _Verdict | None:
        """What is wrong with an entry of ``dependencies.runtime``, None if nothing is."""
        found = self._runtimes.get(requirement, _UNASKED)
        if found is _UNASKED:
            found = self._runtimes[requirement] = self._runtime(requirement)
        return found

    def interface(self, interface: str, module: ModuleVersion) -> _Verdict | None:
        """What is wrong with an interface that a version consumes, None if nothing is."""
        stock = self._stock
        providers = stock.providers.get(interface, frozenset())
        if providers - {module.name} or any(interface in host.interfaces for host in stock.hosts):
            return None
        if providers:
            return _Verdict("LAS207", f"{interface!r} is provided by {module.name} alone, which cannot serve itself")
        known = {*stock.providers, *(one for host in stock.hosts for one in host.interfaces)}
        return _Verdict("LAS207", f"no module and no example host provides {interface!r}", _meant(interface, known))

    def _module(self, requirement: Requirement) -> _Verdict | None:
        stock, name, admits = self._stock, requirement.name, requirement.constraint.admits
        ranked = stock.ranked(name)
        if ranked is not None and ranked.admitted(requirement.constraint):
            return _only_prereleases(requirement, ranked)
        versions = () if ranked is None else ranked.versions
        rejected = [one for one in stock.rejected(name) if one.version is None or admits(one.version)]
        if rejected:
            which = ", ".join(sorted({str(one.version) for one in rejected if one.version is not None})[:5])
            what = f"{name} {which}" if which else f"of {name}, a manifest whose version cannot be read"
            return _Verdict("LAS203", f"{requirement} admits only what was rejected: {what}", "mend its manifest")
        hidden = [one.module for one in stock.hidden(name) if admits(one.module.version)]
        if hidden:
            message = f"{requirement} admits {hidden[0]}, which does not count: an earlier registry has {name}"
            return _Verdict(
                "LAS204", message, f"name the registry with {hidden[0]} first, or rename one of the modules"
            )
        if not versions and not stock.rejected(name):
            return _Verdict("LAS201", f"there is no module {name}", _meant(name, stock.modules))
        there = f"there are {versions[0]} to {versions[-1]}" if len(versions) > 1 else None
        there = f"there is {versions[0]}" if len(versions) == 1 else there
        return _Verdict("LAS202", f"{requirement} admits no version of {name}", there)

    def _runtime(self, requirement: Requirement) -> _Verdict | None:
        stock, name, admits = self._stock, requirement.name, requirement.constraint.admits
        on_hosts = [host.runtimes[name] for host in stock.hosts if name in host.runtimes]
        if any(map(admits, on_hosts)):
            return None
        ranked = stock.ranked(name)
        if ranked is not None and ranked.admitted(requirement.constraint):
            return _only_prereleases(requirement, ranked)
        versions = () if ranked is None else ranked.versions
        if versions or on_hosts:
            newest = max([*on_hosts, *versions[-1:]])
            message = f"no module and no example host has {name} at a version that {requirement.constraint} admits"
            return _Verdict("LAS206", message, f"the newest {name} known is {newest}")
        known = {*stock.modules, *(one for host in stock.hosts for one in host.runtimes)}
        return _Verdict("LAS206", f"no module and no example host has the runtime {name}", _meant(name, known))


def _only_prereleases(requirement: Requirement, module: RankedModule) -> _Verdict | None:
    """What is to be said where all that is admitted are pre-releases that nobody asked for."""
    admitted = module.admitted(requirement.constraint)
    if requirement.constraint.names_prerelease or len(module.prereleases) in (0, len(module)):
        return None
    if any(rank not in module.prereleases for low, high in admitted for rank in range(low, high + 1)):
        return None
    newest = module.versions[admitted[-1][1]]
    hint = f"write {requirement.name}@>={newest} to allow it" if not requirement.constraint.text else None
    message = f"{requirement} admits only pre-releases, like {newest}, and names none"
    return _Verdict(
        "LAS208", message, hint or f"name the pre-release in the constraint, e.g. >={newest}, or wait for it"
    )


def _meant(text: str, known: Collection[str]) -> str | None:
    near = difflib.get_close_matches(text[:200], sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else None
