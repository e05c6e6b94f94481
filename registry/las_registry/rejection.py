"""Manifests that were rejected: what they say, as far as that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from las_registry.problem import Problem, printable
from las_registry.yaml_value import Value
from las_solver.constraint import parse_version
from las_solver.errors import InvalidInput
from las_solver.lazy_dataclass import dataclass
from las_solver.source import RejectedManifest

if TYPE_CHECKING:
    from packaging.version import Version

__all__ = ["Rejection"]

_LONGEST: Final = 1000
_ENDINGS: Final = (".yaml", ".yml", ".manifest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A manifest that was rejected, or a file that cannot be read, and what is wrong with it.

    `source` is the path that manifests from the file carry; `name`, `version` and `provides` are what it says, None or
    empty where that cannot be read.
    """

    source: str
    name: str | None = None
    version: Version | None = None
    provides: tuple[str, ...] = ()
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, source: str, value: Value, problems: tuple[Problem, ...]) -> Rejection:
        """The rejection of the manifest that `value` should have been."""
        fields = value if isinstance(value, dict) else {}
        name, version, interfaces = fields.get("name"), fields.get("version"), fields.get("interfaces")
        provides = interfaces.get("provides") if isinstance(interfaces, dict) else None
        return cls(
            source=source,
            name=str(name) if isinstance(name, str) else None,
            version=_version(version) if isinstance(version, str) else None,
            provides=tuple(str(one) for one in provides if isinstance(one, str)) if isinstance(provides, list) else (),
            problems=problems,
        )

    def is_about(self, name: str) -> bool:
        """Whether this is of a module called `name`, or provides an interface of that name.

        Where its own name cannot be read, the path has to name the module: ``cuda/manifest.yaml`` may be of cuda.
        """
        if name in self.provides:
            return True
        if self.name is not None:
            return self.name == name
        *folders, file = self.source.split("/")
        for ending in _ENDINGS:
            file = file.removesuffix(ending)
        return name in (*folders, file)

    def note(self, name: str) -> RejectedManifest:
        """This as a source tells of it where it is asked about `name`."""
        first = self.problems[0]
        place = self.source if first.line is None else f"{self.source}:{first.line}"
        return RejectedManifest(
            module=name if self.name is None else _line(self.name),
            version=self.version,
            provides=(name,) if name in self.provides else (),
            place=_line(place),
            reason=_line(f"{first.field}: {first.message}" if first.field else first.message),
        )


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except InvalidInput:
        return None


def _line(text: str) -> str:
    """`text` as one line that a terminal can show, without the end of what is far too long."""
    shown = printable(text[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 3]}..."
