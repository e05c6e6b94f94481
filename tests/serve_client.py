"""A client that asks a service under load for all sorts of things, and compares what comes back."""

from __future__ import annotations

import json
import socket
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from serve_known import BAD, HARD, LOOKUPS, QUESTIONS, Asked, without_id
from serve_shared import Shared
from serving import Answer, send

__all__ = ["Client"]

_SECONDS = 60.0
_IDLE = 5.0
"""Seconds after which a connection is not used again, well before the service closes it."""

_FIRST, _THEN = ("resolved", "installed"), ("running", "stopped")
_SHARES = {"ask": 40, "look": 16, "err": 5, "record": 14, "recall": 8, "pin": 6, "apply": 4, "leave": 4, "hurry": 3}
"""How often a client does what, in a hundred."""


class Client:
    """One of several, which are told apart by `number`; two modules, `m` and `s` with its number, are its own."""

    def __init__(self, number: int, shared: Shared) -> None:
        self._shared = shared
        self._set, self._applied = f"m{number}", f"s{number}"
        self._ids = (f"client-{number}-{one}" for one in count())
        self._connection: HTTPConnection | None = None
        self._made = 0
        self._used = 0.0
        self._kept: dict[Asked, tuple[str, bytes]] = {}
        self._reasons: list[str] = []
        self._recorded: dict[int, Any] = {}
        self._unsure = 0
        self._is_applied = False
        self._pinned: str | None = None

    def run(self) -> None:
        """Makes requests as long as there are any to make."""
        try:
            while True:
                with self._shared.turn() as number:
                    if number is None:
                        return
                    random = Random(number)
                    (kind,) = random.choices(list(_SHARES), weights=list(_SHARES.values()))
                    getattr(self, f"_{kind}")(random, str(number))
        except BaseException:
            self._shared.complain(traceback.format_exc())
        finally:
            self._close()

    def lost(self, store: Path) -> Iterator[str]:
        """What was acknowledged, and is not in the store, or the other way round."""
        from las_cli.render.state import transition_document
        from las_registry.lifecycle.store import Store

        with Store.open(store) as opened:
            history = [*opened.history(self._set), *opened.history(self._applied)]
            pins = [one.requirement for one in opened.pins() if one.requirement.name == self._set]
        kept = {one.id: transition_document(one) for one in history}
        for number, document in self._recorded.items():
            if kept.pop(number, None) != document:
                yield f"not recorded: {document}"
        if len(kept) > self._unsure:
            yield f"recorded, but not told: {list(kept.values())}"
        reasons = Counter(one.why for one in history if one.module == self._set)
        if reasons != Counter(self._reasons):
            yield f"{self._set}: {reasons} are recorded in place of {self._reasons}"
        if [str(one.constraint) for one in pins] != [one for one in (self._pinned,) if one is not None]:
            yield f"{self._set} is pinned to {pins} in place of {self._pinned}"

    def _ask(self, random: Random, number: str) -> None:
        self._compare(random.choice(QUESTIONS), is_conditional=random.random() < 0.2)

    def _look(self, random: Random, number: str) -> None:
        self._compare(random.choice(LOOKUPS), is_conditional=random.random() < 0.5)

    def _err(self, random: Random, number: str) -> None:
        self._compare(random.choice(BAD))

    def _compare(self, asked: Asked, *, is_conditional: bool = False) -> None:
        """The answer is one of a state in which the registry was meanwhile; so is what is said to be still right."""
        settled = self._shared.settled
        tag, before = self._kept.get(asked, ("", b"")) if is_conditional else ("", b"")
        headers = {"If_None_Match": tag} if tag else {}
        found, identity, _ = self._send(asked.kind, asked.method, asked.path, asked.body, **headers)
        status, body = found.status, without_id(found.body, identity)
        if tag and status in (304, 412):
            status, body = 200, before
        elif status == 200:
            self._kept[asked] = found.headers["etag"], body
        states = self._shared.states_since(settled)
        if all((status, body) != self._shared.known.expected(asked, one) for one in states):
            self._complain(f"{asked} in {states}: {found.status} {body!r}")

    def _record(self, random: Random, number: str) -> None:
        """A transition, for a reason that is no other's."""
        before = len(self._reasons)
        state = _FIRST[before] if before < len(_FIRST) else _THEN[before % 2]
        body = {"to": state, "version": "1.0", "reason": number}
        found, _, is_cut = self._send("transition", "POST", f"/v1/state/{self._set}/transitions", body)
        if self._is_right(found) and (is_cut or found.document["status"] == "recorded"):
            self._reasons.append(number)
            self._keep(found)

    def _recall(self, random: Random, number: str) -> None:
        """What was recorded last."""
        found, *_ = self._send("history", "GET", f"/v1/state/{self._set}/history?limit=5")
        if self._reasons:
            reasons = [one["reason"] for one in found.document["transitions"]] if self._is_right(found) else []
            if reasons != self._reasons[:-6:-1]:
                self._complain(f"{self._set}: {reasons} in place of {self._reasons[:-6:-1]}")
        elif found.status != 404:
            self._is_right(found)

    def _apply(self, random: Random, number: str) -> None:
        """A plan that is carried out, or what it brought is removed."""
        if self._is_applied:
            path = f"/v1/state/{self._applied}?version=1.0&reason={number}"
            found, _, is_cut = self._send("remove", "DELETE", path)
            if (is_cut and found.status == 404) or self._is_right(found):
                self._keep(found)
                self._is_applied = False
            return
        plan, *_ = self._send("plan to apply", "POST", "/v1/plan", {"modules": [self._applied]})
        if self._is_right(plan):
            body = {"plan": plan.document, "installed": True}
            found, _, is_cut = self._send("apply", "POST", "/v1/apply", body)
            if found.status == 409 and found.document["type"] == "/problems/plan-refused":  # others came first
                self._is_applied = is_cut and self._is_installed()
            elif self._is_right(found):
                self._keep(found)
                self._is_applied = True

    def _is_installed(self) -> bool:
        found, *_ = self._send("state", "GET", "/v1/state?installed=true")
        return any(one["module"] == self._applied for one in found.document["modules"])

    def _pin(self, random: Random, number: str) -> None:
        """Pins, or looks whether that still counts, or unpins."""
        path = f"/v1/pins/{self._set}"
        turn = random.randrange(4)
        if turn < 2:
            found, *_ = self._send("pin", "PUT", path, {"constraint": f">=0.{number}"})
            if self._is_right(found):
                self._pinned = f">=0.{number}"
        elif turn == 2 and self._pinned is not None:
            found, _, is_cut = self._send("unpin", "DELETE", path)
            if (is_cut and found.status == 404) or self._is_right(found):
                self._pinned = None
        else:
            found, *_ = self._send("pins", "GET", "/v1/pins")
            pins = [one["requirement"] for one in found.document["pins"] if one["module"] == self._set]
            if pins != [f"{self._set}@{one}" for one in (self._pinned,) if one is not None]:
                self._complain(f"{self._set} is pinned to {pins} in place of {self._pinned}")

    def _leave(self, random: Random, number: str) -> None:
        """Asks for what takes for ever, and goes away."""
        self._shared.await_service()
        age, body = self._shared.age, json.dumps(HARD).encode()
        head = f"POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {next(self._ids)}\r\n"
        rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self._shared.port), _SECONDS) as connection:
                connection.sendall((head + rest).encode() + body)
                connection.settimeout(0.001 + 0.05 * random.random())
                if connection.recv(1):
                    self._complain("there was an answer to what takes for ever")
        except TimeoutError:
            self._shared.count("gone")
        except OSError as error:
            if age == self._shared.age:
                self._complain(f"a client was cut off: {error!r}")

    def _hurry(self, random: Random, number: str) -> None:
        """Asks for what takes for ever, and has little time; waiting for a worker may take all of it."""
        found, *_ = self._send("hurry", "POST", "/v1/plan", {**HARD, "timeout": 0.05})
        if found.status not in (503, 504) or found.document["type"] not in ("/problems/out-of-time", "/problems/busy"):
            self._complain(f"{HARD}: {found.status} {found.body!r}")

    def _send(self, kind: str, method: str, path: str, body: object = None, **headers: str) -> tuple[Answer, str, bool]:
        """The answer, the id of the request, and whether it was tried before, by which it may have done something."""
        is_cut = False
        while True:
            crashes, identity = self._shared.crashes, next(self._ids)
            if self._connection is not None and time.monotonic() - self._used > _IDLE:
                self._close()
            try:
                if self._connection is None:
                    self._made = self._shared.age
                    self._connection = HTTPConnection("127.0.0.1", self._shared.port, timeout=_SECONDS)
                found = send(self._connection, method, path, body, X_Request_Id=identity, **headers)
                self._used = time.monotonic()
            except (OSError, HTTPException) as error:
                self._close()
                if self._shared.is_up and self._shared.age == self._made:
                    raise AssertionError(f"{method} {path}: a service that runs gave no answer") from error
                self._shared.tried_again()
                is_cut |= crashes != self._shared.crashes
                self._unsure += 2 * (crashes != self._shared.crashes and method != "GET")
                if not self._shared.await_service():
                    raise AssertionError(f"{method} {path}: there is no service any more") from error
                continue
            self._shared.count(f"{kind} {found.status}", identity)
            if found.headers.get("x-request-id") != identity:
                self._complain(f"{identity} has become {found.headers.get('x-request-id')}")
            return found, identity, is_cut

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _keep(self, found: Answer) -> None:
        """Keeps what was acknowledged; a second try may come too late for that."""
        if found.status == 200:
            self._recorded |= {one["id"]: one for one in found.document["transitions"]}

    def _is_right(self, found: Answer) -> bool:
        if found.status != 200:
            self._complain(f"{found.status} {found.body!r}")
        return found.status == 200

    def _complain(self, what: str) -> None:
        self._shared.complain(what[:1000])
