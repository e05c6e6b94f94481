"""Constraints on versions, and requirements: a module's name with a constraint (contract, section 2)."""

from __future__ import annotations

import re
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from las_solver.errors import InvalidConstraint
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

__all__ = ["ANY", "Constraint", "Requirement", "check_name", "parse_version"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
_OPERATOR = re.compile(r"~=|==|!=|<=|>=|<|>")
_USUAL_VERSION = re.compile(r"(?:[0-9]+!)?[0-9]+(\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?")
_USUAL_PREFIX = re.compile(r"(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*\.\*")
_NOT_FINAL = re.compile(r"[^0-9.,*<>=!~]")
_RUNTIME_OPERATOR = re.compile(r"[<>=!~^@|]")
_SPACE_BEFORE_VERSION = re.compile(r"(?<!\s)\s+v?[0-9]", re.ASCII)
_MAX_LENGTH = 1000


@lru_cache(maxsize=65536)
def parse_version(text: str) -> Version:
    """The PEP 440 version that `text` spells.

    Raises :class:`InvalidConstraint` where it spells none.
    """
    try:
        if len(text) <= _MAX_LENGTH:
            return Version(text)
        raise ValueError("too long")
    except (InvalidVersion, ValueError):
        raise InvalidConstraint(
            f"{_shown(text)} is not a PEP 440 version", hint="write it like 1.4, 2.0.1, 1.0rc1 or 1.2.post1"
        ) from None


def check_name(text: str) -> str:
    """`text`, if it can be the name of a module; raises :class:`InvalidConstraint` if not."""
    if _NAME.fullmatch(text) and len(text) <= _MAX_LENGTH:
        return text
    raise InvalidConstraint(
        f"{_shown(text)} is not a module name",
        hint="a name begins with a letter or digit and goes on with letters, digits and . _ + -",
    )


@dataclass(frozen=True, slots=True)
class Constraint:
    """A set of versions, as a PEP 440 specifier set; the empty set of specifiers admits every version.

    `text` is the constraint in PEP 440 spelling, specifiers in the order given, without spaces. Two
    constraints are equal if their texts are. `parts` are the operator and the version of each specifier;
    `is_final` says that all of these versions are final releases, or prefixes of such.
    """

    text: str
    parts: tuple[tuple[str, str], ...] = field(compare=False, repr=False)
    is_final: bool = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Constraint:
        """The constraint that `text` spells: a specifier set, or a bare version for ``==`` of it.

        Raises :class:`InvalidConstraint`; its hint is the PEP 440 spelling of what was probably meant.
        """
        return _parse_constraint(text)

    @classmethod
    def of_text(cls, text: str) -> Constraint:
        """The constraint whose `text` is this, which is taken on trust."""
        parts = tuple([_split_specifier(part) for part in text.split(",")]) if text else ()
        return cls(text, parts, _NOT_FINAL.search(text) is None)

    @property
    def specifiers(self) -> SpecifierSet:
        """The constraint as the library that defines its meaning has it."""
        return _specifier_set(self.text)

    def admits(self, version: Version) -> bool:
        """Whether `version` is in the set, pre-releases counted in."""
        if self.is_final:
            return all(_final_admits(operator, named, version) for operator, named in self.parts)
        return self.specifiers.contains(version, prereleases=True)

    @property
    def names_prerelease(self) -> bool:
        """Whether a specifier other than ``!=`` names a pre-release, which admits those of the module."""
        return not self.is_final and any(
            operator != "!=" and parse_version(named.removesuffix(".*")).is_prerelease for operator, named in self.parts
        )

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Requirement:
    """A need for one module, or one runtime, at a version that `constraint` admits."""

    name: str
    constraint: Constraint

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """A requirement on a module: ``name`` or ``name@constraint``, split at the first ``@``."""
        name, at, constraint = text.strip().partition("@")
        name = name.strip()
        if not at and len(name) <= 2 * _MAX_LENGTH and _NAME.fullmatch(name) is None:
            split = _RUNTIME_OPERATOR.search(name) or _SPACE_BEFORE_VERSION.search(name)
            if split is not None and _NAME.fullmatch(name[: split.start()].strip()):
                head, tail = name[: split.start()].strip(), name[split.start() :].strip()
                raise InvalidConstraint(
                    f"{_shown(text)} has no '@' between the module and its constraint", hint=_with_at(head, tail)
                )
        check_name(name)
        return cls(name, _after_at(text, constraint) if at else ANY)

    @classmethod
    def parse_runtime(cls, text: str) -> Requirement:
        """A requirement on a runtime: ``name``, or name and constraint as in ``cuda>=12.1`` or
        ``cuda@12.1``."""
        text = text.strip()
        split = _RUNTIME_OPERATOR.search(text)
        if split is None:
            space = _SPACE_BEFORE_VERSION.search(text)
            if space is not None and len(text) <= 2 * _MAX_LENGTH and _NAME.fullmatch(text[: space.start()]):
                raise InvalidConstraint(
                    f"{_shown(text)} has no operator between the runtime and its version",
                    hint=f"write {text[: space.start()]}=={text[space.start() :].strip()}",
                )
            return cls(check_name(text), ANY)
        name = check_name(text[: split.start()].strip())
        constraint = text[split.start() :]
        return cls(name, _after_at(text, constraint[1:]) if constraint[0] == "@" else Constraint.parse(constraint))

    def __str__(self) -> str:
        return f"{self.name}@{self.constraint}" if self.constraint.text else self.name


@lru_cache(maxsize=65536)
def _parse_constraint(text: str) -> Constraint:
    if len(text) > _MAX_LENGTH:
        raise InvalidConstraint(f"a constraint of {len(text)} characters", hint=f"{_MAX_LENGTH} are allowed")
    if not text.strip():
        raise InvalidConstraint("the constraint is empty", hint="leave out the '@' to admit every version")
    parts = tuple(_parse_specifier(part.strip(), text) for part in text.split(","))
    joined = ",".join(operator + version for operator, version in parts)
    return Constraint(joined, parts, _NOT_FINAL.search(joined) is None)


@lru_cache(maxsize=65536)
def _specifier_set(text: str) -> SpecifierSet:
    from packaging.specifiers import SpecifierSet  # late: its import takes as long as a plan, and few plans need it

    return SpecifierSet(text)


def _final_admits(operator: str, named: str, version: Version) -> bool:
    """Whether a specifier that names a final version admits `version`, by PEP 440.

    Local labels only count for ``>``, which like ``<`` leaves out all that has the release of the named version.
    """
    if named.endswith(".*"):
        return _begins_with(version, parse_version(named[:-2]), 0) is (operator == "==")
    other = parse_version(named)
    match operator:
        case ">":
            return version > other and not _is_of_release(version, other)
        case "<":
            return version < other and not _is_of_release(version, other)
        case ">=":
            return version >= other
    public = version if version.local is None else parse_version(version.public)
    match operator:
        case "<=":
            return public <= other
        case "==":
            return public == other
        case "!=":
            return public != other
        case _:
            return version >= other and _begins_with(version, other, 1)


def _is_of_release(version: Version, other: Version) -> bool:
    """Whether `version` is the release `other`, or one before or after it, or has a local label."""
    return _begins_with(version, other, 0) and _begins_with(other, version, 0)


def _begins_with(version: Version, other: Version, cut: int) -> bool:
    """Whether the release of `version` begins with that of `other`, of which the last `cut` numbers do not count."""
    prefix = other.release[: len(other.release) - cut]
    release = version.release + (0,) * (len(prefix) - len(version.release))
    return version.epoch == other.epoch and release[: len(prefix)] == prefix


def _after_at(text: str, constraint: str) -> Constraint:
    if not constraint.strip():
        raise InvalidConstraint(
            f"nothing follows the '@' of {_shown(text)}", hint="leave out the '@' to admit every version"
        )
    return Constraint.parse(constraint)


def _with_at(name: str, constraint: str) -> str:
    """A hint that spells a requirement whose ``@`` was forgotten, and its constraint by PEP 440."""
    try:
        return f"write {name}@{Constraint.parse(constraint)}"
    except InvalidConstraint as error:
        hint = error.hint or ""
        meant = hint.removeprefix("write ")
        return f"write {name}@{meant}" if hint != meant and " " not in meant else f"put an '@' after {name}; {hint}"


def _parse_specifier(part: str, whole: str) -> tuple[str, str]:
    """The operator and the version of one specifier, by PEP 440 and without spaces."""
    if not part:
        raise InvalidConstraint(f"a part of {_shown(whole)} is empty", hint="separate specifiers by single commas")
    matched = _OPERATOR.match(part)
    if matched is not None and not part.startswith("==="):
        operator, version = matched.group(), part[matched.end() :].strip()
    elif part[0] == "=" and part[1:2] not in ("=", ">", "<", "~"):
        operator, version = "==", part[1:].strip()
    elif part[0].isalnum():
        operator, version = "==", part
    else:
        operator, version = "", part
    if operator and _is_specifier(operator, version):
        return operator, version
    hint = _meant(part)
    raise InvalidConstraint(
        f"{_shown(part)} is not a PEP 440 version specifier",
        hint=hint or "write it like >=1.2,<2 or ~=1.4 or !=1.5 or ==1.4.* or a bare version",
    )


def _split_specifier(part: str) -> tuple[str, str]:
    """The operator and the version of a specifier that is spelled by PEP 440, without spaces."""
    length = 2 if part[1] == "=" else 1
    return part[:length], part[length:]


def _is_specifier(operator: str, version: str) -> bool:
    """Whether PEP 440 knows such a specifier; the library that decides it is asked about unusual ones only."""
    usual = _USUAL_VERSION.fullmatch(version)
    if usual is not None:
        return operator != "~=" or usual[1] is not None
    if operator in ("==", "!=") and _USUAL_PREFIX.fullmatch(version):
        return True
    from packaging.specifiers import InvalidSpecifier, Specifier

    try:
        Specifier(operator + version)
        Version(version.removesuffix(".*"))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return False
    return True


def _meant(part: str) -> str | None:
    """A hint that names the PEP 440 spelling of a specifier of another ecosystem, where it is known."""
    if "||" in part:
        return "there is no 'or': write one range, with != for the versions to leave out"
    if part.startswith("==="):
        return f"write =={part[3:].strip()}" if _is_version(part[3:].strip()) else None
    for prefix, rewrite in _FOREIGN:
        if part.startswith(prefix):
            release = _release(part[len(prefix) :].strip())
            return None if release is None else f"write {rewrite(release)}"
    if part in ("*", "latest", "any", "x"):
        return "leave out the constraint to admit every version"
    wild = re.fullmatch(r"(?:==?)?\s*v?(\d+(?:\.\d+)*)\.[xX*](?:\.[xX*])*", part)
    if wild is not None:
        return f"write =={wild.group(1)}.*"
    bounds = re.fullmatch(r"v?(\d[^\s,]*)\s+-\s+v?(\d[^\s,]*)", part)
    if bounds is not None:
        return f"write >={bounds.group(1)},<={bounds.group(2)}"
    several = re.findall(r"(?:~=|==|!=|<=|>=|<|>)\s*[^\s<>=!~]+", part)
    if len(several) > 1 and "".join("".join(several).split()) == "".join(part.split()):
        return "separate specifiers by commas: write " + ",".join("".join(one.split()) for one in several)
    ordered = re.match(r"(<>|[<>]=?)(.+)", part)
    if ordered is not None and ordered.group(2).endswith((".*", ".x")):
        release = _release(ordered.group(2)[:-2])
        return None if release is None else f"write {ordered.group(1)}{_dotted(release)}"
    return None


def _is_version(text: str) -> bool:
    try:
        parse_version(text)
    except InvalidConstraint:
        return False
    return True


def _release(text: str) -> tuple[int, ...] | None:
    matched = re.fullmatch(r"v?(\d{1,20}(?:\.\d{1,20}){0,9})(?:\.[x*])?", text)
    return None if matched is None else tuple(int(part) for part in matched.group(1).split("."))


def _dotted(release: tuple[int, ...]) -> str:
    return ".".join(map(str, release))


def _caret(release: tuple[int, ...]) -> str:
    """npm's and cargo's ``^``: the leftmost part that is not zero stays."""
    kept = next((at for at, part in enumerate(release) if part), len(release) - 1)
    return f">={_dotted(release)},<{_dotted((*release[:kept], release[kept] + 1))}"


def _tilde(release: tuple[int, ...]) -> str:
    """npm's and cargo's ``~``: the minor version stays, if there is one."""
    if len(release) > 2:
        return f"~={_dotted(release[:3])}"
    return f">={_dotted(release)},<{_dotted((*release[:-1], release[-1] + 1))}"


def _pessimistic(release: tuple[int, ...]) -> str:
    """RubyGems' ``~>``."""
    return f"~={_dotted(release)}" if len(release) > 1 else f">={release[0]},<{release[0] + 1}"


_FOREIGN = (
    ("~>", _pessimistic),
    ("^", _caret),
    ("~=", lambda release: f">={_dotted(release)},<{release[0] + 1}"),
    ("~", _tilde),
    ("=>", lambda release: f">={_dotted(release)}"),
    ("=<", lambda release: f"<={_dotted(release)}"),
    ("<>", lambda release: f"!={_dotted(release)}"),
    ("!", lambda release: f"!={_dotted(release)}"),
)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


ANY = Constraint("", (), is_final=True)
"""Admits every version."""
