"""A registry of two states for a service under load, and what has to be answered in each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import run_command
from manifests import manifest_text, write_files
from services import InProcess, a_service, ask

__all__ = ["HARD", "STATES", "Asked", "Known", "without_id"]

STATES = 2
HARD = {"modules": [f"pigeon-{number}" for number in range(12)]}
"""What no solver finds out soon."""

_MACHINE = {"cpu": {"cores": 16}, "memory": {"ram": "64GiB"}}


@dataclass(frozen=True, eq=False)
class Asked:
    """A request, and the command line that prints its answer, if there is one."""

    kind: str
    method: str
    path: str
    body: Any = None
    command: str = ""


def _question(command: str, **body: Any) -> Asked:
    kind = command.split()[0]
    return Asked(kind, "POST", f"/v1/{kind}", {"host": _MACHINE, **body}, command)


def _look(path: str) -> Asked:
    return Asked("lookup", "GET", path)


def _bad(path: str, body: Any, method: str = "POST") -> Asked:
    return Asked("bad request", method, path, body)


QUESTIONS = (
    _question("plan app", modules=["app"]),
    _question("plan heavy", modules=["heavy"]),
    _question("plan library extra --together", modules=["library", "extra"], together=True),
    _question("plan heavy --profile gpu-24gb", modules=["heavy"], host="gpu-24gb"),
    _question("diagnose app library@>=2", modules=["app", "library@>=2"]),
    _question("diagnose app", modules=["app"]),
    _question("why library --for app", module="library", modules=["app"]),
    _question("needs heavy", modules=["heavy"]),
)
LOOKUPS = (
    _look("/v1/registry"),
    _look("/v1/modules"),
    _look("/v1/modules?search=app"),
    _look("/v1/modules/library"),
    _look("/v1/modules/library/versions"),
    _look("/v1/modules/library/versions?constraint=%3C2"),
    _look("/v1/modules/app/versions/2.1"),
    _look("/v1/interfaces/speech"),
    _look("/v1/hosts"),
    _look("/v1/hosts/gpu-24gb"),
    _look("/v1/host"),
    _look("/problems/busy"),
)
BAD = (
    _bad("/v1/plan", {"modules": ["app@>="]}),
    _bad("/v1/plan", {"modules": ["app"], "host": "nowhere"}),
    _bad("/v1/plan", {"modules": "app"}),
    _bad("/v1/plan", None),
    _bad("/v1/why", {"module": "nothing", "modules": ["app"], "host": _MACHINE}),
    _bad("/v1/modules/nothing", None, "GET"),
    _bad("/v1/modules?limit=0", None, "GET"),
    _bad("/v1/nothing", None, "GET"),
    _bad("/v1/plan", {"modules": ["app"]}, "PUT"),
    _bad("/v1/apply", {"plan": {"status": "resolved"}}),
    _bad("/v1/state/nothing/transitions", {"to": "resolved"}),
)


class Known:
    """The registry, below `folder`, and by state what is answered there to each request, as bytes.

    Questions are answered by the commands, the rest by an application in this process. `own` are modules of which the
    registry has one version in either state.
    """

    def __init__(self, folder: Path, own: Sequence[str]) -> None:
        self.registry = folder / "registry"
        self.profile = folder / "machine.json"
        self.profile.write_text(json.dumps(_MACHINE))
        write_files(self.registry, dict(_files(own)))
        self._answers: list[Mapping[Asked, tuple[int, bytes]]] = []
        for state in reversed(range(STATES)):
            self.put(state)
            self._answers.insert(0, self._learn(folder, state))

    def put(self, state: int) -> None:
        """Puts the registry into one of its states, at once."""
        versions = ("1.0", f"1.{5 + state}", "2.0", f"2.{1 + state}")
        texts = [manifest_text("library", one).replace("Something", f"A library, {state}") for one in versions]
        texts.append(manifest_text("extra", f"{1 + state}.0", f"interfaces:\n  provides: [speech-{state}, speech]\n"))
        write_files(self.registry, {"new": "---\n".join(texts)})
        (self.registry / "new").replace(self.registry / "library.manifest.yaml")

    def expected(self, asked: Asked, state: int) -> tuple[int, bytes]:
        """The status and the bytes that are right."""
        return self._answers[state][asked]

    def printed(self, command: str, store: Path | None = None) -> bytes:
        """What a command prints about the registry as it is now, and this machine."""
        place = ["--registry", str(self.registry), "--format", "json"]
        if "--profile" not in command:
            place += ["--profile", str(self.profile)]
        here = str(store or self.registry.with_name("nothing.sqlite3"))
        if command.startswith(("state", "pin")):
            place = ["--format", "json"]
        found = run_command(*command.split(), *place, LAS_SOLVE_STORE=here)
        assert found.exit_code in (0, 1), found.output
        return found.stdout.encode()

    def _learn(self, folder: Path, state: int) -> Mapping[Asked, tuple[int, bytes]]:
        """All answers in the state that the registry is in."""
        store = folder / "unused.sqlite3"
        service = a_service(self.registry, folder / f"index-{state}", profile=self.profile, store=store)
        answers = {one: (200, self.printed(one.command)) for one in QUESTIONS}
        return {**answers, **{one: _asked(service, one) for one in (*LOOKUPS, *BAD)}}


def _asked(service: InProcess, one: Asked) -> tuple[int, bytes]:
    found = ask(service, one.method, one.path, one.body)
    return found.status_code, found.content


def without_id(body: bytes, identity: str) -> bytes:
    """A problem as it is without the id of its request; everything else as it is."""
    return body.replace(f',\n  "request_id": "{identity}"'.encode(), b"")


def _files(own: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What stays as it is: modules, and pigeons of which there is one more than there are holes."""
    yield "app/manifest.yaml", manifest_text("app", "2.1", "dependencies:\n  modules: ['library@<2']\n")
    yield "heavy/manifest.yaml", manifest_text("heavy", "1.0", "hardware:\n  gpu:\n    vram_min: 24GB\n")
    for name in own:
        yield f"{name}/manifest.yaml", manifest_text(name, "1.0")
    pigeons, holes = range(len(HARD["modules"])), range(len(HARD["modules"]) - 1)
    for one in pigeons:
        places = [
            manifest_text(f"pigeon-{one}", f"{hole}.0", f"dependencies:\n  modules: ['hole-{hole}@=={one}.0']\n")
            for hole in holes
        ]
        yield f"pigeon-{one}/manifest.yaml", "---\n".join(places)
    for hole in holes:
        yield f"hole-{hole}/manifest.yaml", "---\n".join(manifest_text(f"hole-{hole}", f"{one}.0") for one in pigeons)
