"""The registry: all modules that there are, looked up by name, constraint and interface (contract, section
8)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from las_registry.problem import Problem, RegistryUnusable, printable
from las_registry.trust.configuration import real_path
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.trust.user_trust import UserTrust
from las_solver.collection import collection_paused
from las_solver.model import ModuleVersion
from las_solver.source import Note, ShadowedModule

if TYPE_CHECKING:
    from packaging.version import Version

    from las_registry.compiled.opening import Telling
    from las_registry.manifest import Manifest
    from las_registry.offer import Offer
    from las_registry.registry_shelf import RegistryShelf
    from las_registry.trust.configuration import Configuration, NameRule
    from las_registry.trust.standing import Standing
    from las_solver.constraint import Requirement
    from las_solver.ranked import RankedModule

__all__ = ["Progress", "Registry", "default_directories"]

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files that are read and the number of files that there are."""


def default_directories() -> tuple[Path, ...]:
    """Where modules come from if nobody says otherwise: the bundled catalog."""
    return (Path(__file__).with_name("catalog") / "modules",)


class Registry:
    """All modules of one or more registries: a :class:`las_solver.source.Source` that is informed and ranks versions,
    and what people ask beyond that.

    Of several registries, the first that has a module's name, even if only in rejected manifests, is the
    only one that counts for it; but where `rules` have one about the name, only registries of that rule do.
    `directories` are those of the `shelves`.
    """

    def __init__(
        self, shelves: Sequence[RegistryShelf], rules: Configuration | None = None, directories: Sequence[Path] = ()
    ) -> None:
        self._shelves = tuple(shelves)
        self._rules = rules if rules is not None and rules.has_rules else None
        self._reals = [] if rules is None else list(map(real_path, directories))
        self.problems: tuple[Problem, ...] = tuple([one for shelf in shelves for one in shelf.problems])

    @classmethod
    def open(
        cls,
        directories: Sequence[Path],
        *,
        user: UserTrust | None = None,
        on_progress: Progress | None = None,
        on_index: Telling | None = None,
    ) -> Registry:
        """The registry of all manifests in `directories`, the first of them first, each by its index, which is made or
        brought up to date if need be; `on_index` is told of that. `user` says whose word counts: by default the files
        in the user's directory for settings do.

        Raises :class:`RegistryUnusable` if one of them is not a directory with manifests, or not what its signed list
        says, or if no manifest of any of them can be used; and :class:`InvalidInput` if the user's files are of no use.
        """
        from las_registry.compiled.opening import open_shelf

        said = UserTrust.read() if user is None else user

        def shelf(directory: Path) -> RegistryShelf:
            trust, vouching = said.of(directory)
            found = open_shelf(directory, trust=trust, on_progress=on_progress, on_index=on_index)
            if vouching is not None:
                vouching.check(found.state, found.contents, trust)
                vouching.remember()
            return found

        with collection_paused():
            registry = cls([shelf(one) for one in directories], said.configuration, directories)
            registry._refuse_if_empty()
        return registry

    @classmethod
    def load(
        cls, directories: Sequence[Path], *, user: UserTrust | None = None, on_progress: Progress | None = None
    ) -> Registry:
        """The registry of all manifests in `directories`, which are all read: the same as :meth:`open` has it.

        Raises :class:`RegistryUnusable` and :class:`InvalidInput` like that.
        """
        from las_registry.compiled.state import state_of
        from las_registry.load import load_directory
        from las_registry.loaded_shelf import LoadedShelf
        from las_registry.manifest import Pool

        pool = Pool()
        said = UserTrust.read() if user is None else user

        def shelf(directory: Path) -> RegistryShelf:
            trust, vouching = said.of(directory)
            found = load_directory(directory, pool, on_progress, trust=trust)
            if vouching is not None:
                vouching.check(f"{state_of(found.contents.items()):x}", lambda: found.contents, trust)
                vouching.remember()
            return LoadedShelf(found, trust)

        with collection_paused():
            registry = cls([shelf(one) for one in directories], said.configuration, directories)
            registry._refuse_if_empty()
        return registry

    def ranked(self, name: str) -> RankedModule | None:
        """All versions of the module called `name`, or None if there are none."""
        shelf = self._shelf(name)
        return None if shelf is None else shelf.ranked(name)

    def versions(self, name: str) -> Sequence[ModuleVersion]:
        """Every version of the module called `name`, newest first; empty if it is unknown."""
        shelf = self._shelf(name)
        return () if shelf is None else shelf.versions(name)

    def providers(self, interface: str) -> Collection[str]:
        """The names of all modules of which a version provides `interface`, in order."""
        return self._counted(lambda shelf: shelf.providers(interface))

    def prerelease_namers(self, name: str) -> Collection[str]:
        """The names of all modules of which a version has an entry on `name` that names a pre-release, in
        order."""
        return self._counted(lambda shelf: shelf.prerelease_namers(name))

    def names(self) -> Iterable[str]:
        """The names of all modules, in order."""
        return self._counted(lambda shelf: shelf.names())

    def interfaces(self) -> Iterable[str]:
        """The names of all interfaces that a version provides, in order."""
        if self.is_plain:
            return self._shelves[0].interfaces()
        return sorted({one for shelf in self._shelves for one in shelf.interfaces() if self.providers(one)})

    def notes(self, name: str) -> Iterable[Note]:
        """What does not count of the modules that are called `name`, or provide an interface of that name: rejected
        manifests, and versions in a later registry than the first that has the module."""
        rule = self.rule_of(name)
        for place, shelf in enumerate(self._shelves):
            for one in shelf.rejections:
                if one.is_about(name) and (one.name is None or self._counts(one.name, place)):
                    yield one.note(name)
            if not self._counts(name, place) and (shadowed := shelf.versions(name)):
                yield ShadowedModule(
                    module=name,
                    versions=tuple(one.version for one in shadowed),
                    registry=printable(shelf.directory),
                    rule=None if rule is None or self._may_provide(name, place) else rule.pattern.text,
                )

    def admitted(self, requirement: Requirement) -> tuple[ModuleVersion, ...]:
        """The versions that a requirement admits, newest first, pre-releases counted in."""
        admits = requirement.constraint.admits
        return tuple(one for one in self.versions(requirement.name) if admits(one.version))

    def manifest(self, name: str, version: Version) -> Manifest | None:
        """The manifest of one version, None where there is none.

        What is read of it later may raise :class:`RegistryUnusable`, if its file changes meanwhile.
        """
        shelf = self._shelf(name)
        return None if shelf is None else shelf.manifest(name, version)

    def rejected(self, name: str) -> tuple[Problem, ...]:
        """What is wrong with the rejected manifests of the module called `name`."""
        shelf = self._shelf(name)
        return () if shelf is None else tuple(shelf.rejected(name))

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and the digest of all manifests that count, whatever the names and the order of their files.

        It is over a line for each module, with the digest of the checksums of its manifests; one that carries none
        stands there with the digest of its file's bytes and its place in that file, since working out checksums takes
        much longer.
        """
        if self.is_plain and (known := self._shelves[0].digest) is not None:
            return known
        from las_registry.registry_digest import digest_of  # late: a plan for people needs none

        return digest_of(
            line
            for place, shelf in enumerate(self._shelves)
            for line in shelf.digest_lines()
            if self.is_plain or self._counts(line.partition(" ")[0], place)
        )

    @cached_property
    def state(self) -> str:
        """What all files are known by as a whole: another text where a byte or a path of them is another, or what the
        user says about whose word counts. Unlike `digest`, it covers names of files and rejected manifests."""
        from hashlib import sha256

        known = [part for one in self._shelves for part in (one.directory, one.state, one.trust.token)]
        return sha256("\0".join(known).encode("utf-8", "surrogatepass")).hexdigest()

    def standing(self, name: str, version: Version) -> Standing | None:
        """Who vouches for the manifest of one version, by its own signature or by the list of its registry; None where
        there is none."""
        shelf = self._shelf(name)
        found = None if shelf is None else shelf.standing(name, version)
        if shelf is None or found is None or found.is_vouched_for:
            return found
        return shelf.trust.listed(name) or found

    def rule_of(self, name: str) -> NameRule | None:
        """What the user says about where modules called `name` come from, None if nothing."""
        return None if self._rules is None else self._rules.rule_of(name)

    def offers(self, name: str) -> tuple[Offer, ...]:
        """What each registry has of the module called `name`, in the order in which they are asked."""
        from las_registry.offer import Fate, Offer

        found = []
        for place, shelf in enumerate(self._shelves):
            fate: Fate = "counts"
            if not self._may_provide(name, place):
                fate = "rule"
            elif not shelf.has(name):
                fate = "absent"
            elif not self._counts(name, place):
                fate = "earlier"
            found.append(Offer(shelf, name, fate))
        return tuple(found)

    def trust_of(self, name: str) -> Trust:
        """What the manifests of the module called `name` were checked against."""
        shelf = self._shelf(name)
        return NO_TRUST if shelf is None else shelf.trust

    @cached_property
    def warns_of_unsigned(self) -> bool:
        """Whether the user wants to be warned of manifests for which nobody vouches, in one of the registries."""
        return any(shelf.trust.policy.unsigned == "warn" for shelf in self._shelves)

    @property
    def unchecked_signatures(self) -> tuple[ModuleVersion, ...]:
        """The versions whose manifests carry a signature that nothing is known of, since no trusted key is concerned;
        in order of name, newest first."""
        signed = [
            one.module
            for place, shelf in enumerate(self._shelves)
            for one in shelf.signed()
            if one.standing.kind == "unknown-key" and self._counts(one.module.name, place)
        ]
        return tuple(sorted(signed, key=lambda one: one.name))

    def _shelf(self, name: str) -> RegistryShelf | None:
        """The only shelf that counts for the module called `name`, None if no shelf has it."""
        if self.is_plain:
            return self._shelves[0]
        places = enumerate(self._shelves)
        return next((shelf for place, shelf in places if shelf.has(name) and self._may_provide(name, place)), None)

    @property
    def shelves(self) -> tuple[RegistryShelf, ...]:
        """The registries of which this one is made, the first of them first."""
        return self._shelves

    @cached_property
    def is_plain(self) -> bool:
        """Whether all there is counts: there is one registry, and the user maps no names to any."""
        return len(self._shelves) == 1 and self._rules is None

    def _counts(self, name: str, place: int) -> bool:
        """Whether what the shelf at `place` has of the module called `name` counts."""
        earlier = enumerate(self._shelves[:place])
        return self._may_provide(name, place) and not any(
            shelf.has(name) and self._may_provide(name, at) for at, shelf in earlier
        )

    def _may_provide(self, name: str, place: int) -> bool:
        """Whether the user lets the module called `name` come from the registry at `place`."""
        rule = self.rule_of(name)
        return rule is None or self._reals[place] in rule.registries

    def _counted(self, names: Callable[[RegistryShelf], Collection[str]]) -> Collection[str]:
        """Those of the `names` on each shelf for which it counts, in order."""
        if self.is_plain:
            return names(self._shelves[0])
        return sorted(
            {name for place, shelf in enumerate(self._shelves) for name in names(shelf) if self._counts(name, place)}
        )

    def _refuse_if_empty(self) -> None:
        for place, shelf in enumerate(self._shelves):
            if not shelf.is_empty and (self.is_plain or any(self._counts(name, place) for name in shelf.names())):
                return
        if self._shelves and not self.problems:
            name = next((name for shelf in self._shelves for name in shelf.names()), None)
            rule = None if name is None else self.rule_of(name)
            what = "it maps their modules" if rule is None else f"{rule.place} maps {name}, for one"
            hint = f"name the registries, too, to which {what}"
            raise RegistryUnusable("registries.yaml lets no module come from the registries that are named", hint=hint)
        raise RegistryUnusable(
            "the registry holds no manifest that can be used" if self.problems else "no registry was named",
            hint="correct its manifests" if self.problems else "name a directory that holds manifests",
            problems=self.problems,
        )
