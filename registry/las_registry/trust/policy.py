"""What a user asks of a registry before its manifests count."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from las_solver.lazy_dataclass import dataclass

__all__ = ["DEFAULT_POLICY", "KeyRule", "Links", "ListRule", "NamePattern", "Policy", "Unsigned"]

Unsigned: TypeAlias = Literal["accept", "warn", "refuse"]
"""What becomes of a manifest for which no trusted key vouches."""

ListRule: TypeAlias = Literal["check", "require", "ignore"]
"""``check``: where a trusted key signed the list beside the registry, or one was seen before, the registry has to be as
the list says. ``require``: there has to be such a list. ``ignore``: no list is looked at."""

Links: TypeAlias = Literal["inside", "follow"]
"""Whether symbolic links count only where they stay inside of the registry's directory, or wherever they lead."""


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A module's name, or the beginning of names followed by ``*``; case counts, as it does in names."""

    text: str

    @property
    def is_exact(self) -> bool:
        """Whether it stands for one name alone."""
        return not self.text.endswith("*")

    def matches(self, name: str) -> bool:
        """Whether `name` is, or begins with, what the pattern says."""
        return name == self.text if self.is_exact else name.startswith(self.text[:-1])

    def rank(self) -> tuple[bool, int]:
        """How narrow it is: of the patterns that match a name, the one of the highest rank says most about it."""
        return self.is_exact, len(self.text)


@dataclass(frozen=True, slots=True)
class KeyRule:
    """A key, by its id, that counts for a registry: for modules whose names match one of `names`, or all if None."""

    key_id: str
    names: tuple[NamePattern, ...] | None = None

    def admits(self, name: str) -> bool:
        """Whether the key counts for the module called `name`."""
        return self.names is None or any(one.matches(name) for one in self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is asked of one registry.

    `keys` are those that count for it, or None for every key that the user trusts, for all names. `names` are patterns
    of modules that may come from no registry but those that say so, see :mod:`las_registry.trust.configuration`.
    """

    unsigned: Unsigned = "accept"
    list_rule: ListRule = "check"
    links: Links = "inside"
    keys: tuple[KeyRule, ...] | None = None
    names: tuple[NamePattern, ...] = ()

    def admits(self, key_id: str, name: str) -> bool:
        """Whether the trusted key `key_id` may vouch for the module called `name`."""
        return self.keys is None or any(one.key_id == key_id and one.admits(name) for one in self.keys)


DEFAULT_POLICY: Final = Policy()
"""That of a registry about which the user says nothing."""
