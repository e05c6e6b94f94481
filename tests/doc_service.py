"""The service that a page of the documentation starts, and ``curl`` to ask it: both in this process, without a port."""

from __future__ import annotations

import argparse
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services import InProcess

    from las_cli.serve.settings import Settings

__all__ = ["Served"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="curl", exit_on_error=False, add_help=False, allow_abbrev=False)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-S", "--show-error", action="store_true")
    parser.add_argument("-f", "--fail", action="store_true")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("-o", "--output")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data", "--data-binary")
    parser.add_argument("--json")
    parser.add_argument("address")
    return parser


class Served:
    """A service with these `settings`, which begins when it is first asked; `folder` is for its index."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    @cached_property
    def _service(self) -> InProcess:
        from services import InProcess, ThreadPool  # late: it imports the libraries of the service

        from las_cli.machine import find_profile, look
        from las_registry.snapshot import Snapshot

        self._folder.mkdir()
        snapshot = Snapshot.take(self._settings.registries, self._folder)
        pool = ThreadPool(snapshot, self._settings)
        machine = look(find_profile(self._settings.profile))
        return InProcess(self._settings, snapshot.open(), snapshot.digest, pool, machine)

    def curl(self, arguments: list[str], stdin: str | None) -> str:
        """What ``curl`` with these arguments prints."""
        from services import ask

        asked = _parser().parse_args(arguments)
        place, _, path = asked.address.partition("/")
        port = self._settings.port
        assert place in (f"127.0.0.1:{port}", f"localhost:{port}"), f"nobody listens at {place}"
        data = asked.data or asked.json
        content = None if data is None else _content(data, stdin)
        method = asked.request or ("GET" if content is None else "POST")
        headers = dict(line.split(": ", 1) for line in asked.header)
        answer = ask(self._service, method, f"/{path}", content=content, headers=headers)
        assert answer.is_success or not asked.fail, answer.text
        if asked.output is not None:
            Path(asked.output).write_text(answer.text, encoding="utf-8")
            return ""
        lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        return ("\n".join(lines) + "\n\n" if asked.include else "") + answer.text


def _content(data: str, stdin: str | None) -> bytes:
    if data == "@-":
        return (stdin or "").encode()
    return Path(data[1:]).read_bytes() if data.startswith("@") else data.encode()
