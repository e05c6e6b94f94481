"""What ``registries.yaml`` said when it was read before: no plan has to wait for the YAML library because of it.

The file is known by all its bytes, so that no change goes unnoticed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from las_registry.kept import Kept
from las_registry.trust.configuration import Configuration, Entry
from las_registry.trust.policy import KeyRule, NamePattern, Policy

__all__ = ["keep_configuration", "known_configuration"]

_KEPT: Final = Kept("registries.json", version=1, most=4)
_LONGEST: Final = 64 << 10
"""A longer file is not kept, in bytes."""


def known_configuration(data: bytes, path: Path) -> Configuration | None:
    """What the file at `path` with the content `data` says; None if it is not known.

    Raises :class:`las_registry.problem.InvalidFile` if two entries have come to be about one directory.
    """
    value: Any = _KEPT.get(_key(data)) if len(data) <= _LONGEST else None
    try:
        default, entries = value
        read = _policy(default), [_entry(one) for one in entries]
    except (ValueError, TypeError, LookupError):  # nothing was kept, or nothing that this release understands
        return None
    if not all(one.directory for one in read[1]):  # there is no home any more: that is for the parser to say
        return None
    return Configuration(str(path), read[1], read[0])


def keep_configuration(data: bytes, configuration: Configuration) -> None:
    """From now on, `configuration` is known as what a file with the content `data` says."""
    if len(data) > _LONGEST:
        return
    entries = [[one.path, one.line, _values(one.policy), one.name_lines] for one in configuration.entries]
    with suppress(ValueError):
        _KEPT.keep(_key(data), [_values(configuration.default), entries])


def _key(data: bytes) -> str:
    """All bytes, each as one character: there is a text for every content."""
    return data.decode("latin-1")


def _entry(values: Any) -> Entry:
    path, line, policy, name_lines = values
    return Entry(path=path, line=line, policy=_policy(policy), name_lines=tuple(name_lines))


def _values(policy: Policy) -> list[object]:
    keys = policy.keys and [[one.key_id, one.names and [name.text for name in one.names]] for one in policy.keys]
    return [policy.unsigned, policy.list_rule, policy.links, keys, [one.text for one in policy.names]]


def _policy(values: Any) -> Policy:
    unsigned, list_rule, links, keys, names = values
    return Policy(
        unsigned=unsigned,
        list_rule=list_rule,
        links=links,
        keys=None if keys is None else tuple(KeyRule(key_id, _patterns(several)) for key_id, several in keys),
        names=_patterns(names) or (),
    )


def _patterns(texts: Any) -> tuple[NamePattern, ...] | None:
    return None if texts is None else tuple(map(NamePattern, texts))
