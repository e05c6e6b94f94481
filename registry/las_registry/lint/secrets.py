"""Texts that look like secrets, anywhere in a manifest file, comments included (LAS501 to LAS503).

Only forms that hardly anything else has are looked for. What is found is never shown whole.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Final

from las_registry.lint.stock import Secret

__all__ = ["secrets_in"]

_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY|PuTTY-User-Key-File-[0-9]|AGE-SECRET-KEY-1")
_FORMS: Final = (
    ("a GitHub token", r"gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{30}"),
    ("a GitLab token", r"gl(?:pat|dt|rt|ft)-[A-Za-z0-9_-]{20}"),
    ("an AWS access key", r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{30}"),
    ("an Anthropic key", r"sk-ant-[A-Za-z0-9_-]{20}"),
    ("an OpenAI key", r"sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20}|sk-[A-Za-z0-9]{40}"),
    ("a Google key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{20}"),
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{20}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"pypi-AgE[A-Za-z0-9_-]{30}"),
    ("a Docker token", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{20}"),
    ("a signed web token", r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{20}"),
    ("a password in an address", r"[a-z][a-z0-9+.-]{0,20}://[^\s/@:'\"<>{}$]{1,100}:[^\s/@:'\"<>{}$*]{3,100}@"),
)
_TOKEN: Final = re.compile("(?<![A-Za-z0-9])(?:" + "|".join(f"({form})" for _, form in _FORMS) + ")")
_HINTS: Final = re.compile(
    r"gh[oprsu]_|github_pat_|gl(?:pat|dt|rt|ft)-|AKIA|ASIA|hf_|sk-|AIza|xox[abeoprs]-|k_live_|npm_|pypi-AgE|dckr_|SG\."
    r"|eyJ|://[^\s/@]{1,201}@"
)
_ASSIGNED: Final = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|auth[_-]?key)"
    r"[\"']?[ \t]{0,5}[:=][ \t]{0,5}[\"']?([A-Za-z0-9+/=_.~!@#%^&*-]{16,200})"
)
_WORDS: Final = ("passw", "passphrase", "secret", "token", "key", "credential")
_PLACEHOLDERS: Final = re.compile(r"(?i)example|change|your|dummy|sample|placeholder|redacted|xxxx|\*\*\*\*|0000|1234")
_LEAST_ENTROPY: Final = 3.5
_LEAST_LETTERS: Final = 8


def secrets_in(data: bytes, file: str) -> list[Secret]:
    """What in the bytes of a file looks like a secret, in order of lines; one for each line and code."""
    text = data.decode("utf-8", "replace")
    found: dict[tuple[int, str], Secret] = {}
    starts: list[int] = []
    for code, at, message in sorted(_found(text)):
        if not starts:
            starts = [0, *(one.end() for one in re.finditer("\n", text))]
        line = bisect_right(starts, at)
        found.setdefault((line, code), Secret(code, file, line, message))
    return [found[key] for key in sorted(found)]


def _found(text: str) -> Iterator[tuple[str, int, str]]:
    for match in _KEY.finditer(text):
        yield "LAS501", match.start(), "a private key begins here"
    if _HINTS.search(text):
        for match in _TOKEN.finditer(text):
            kind = _FORMS[(match.lastindex or 1) - 1][0]
            body = match.group()
            if len(set(body)) >= _LEAST_LETTERS and not _PLACEHOLDERS.search(body):
                yield "LAS502", match.start(), f"this has the form of {kind}: {_shown(body)}"
    for start, end in _named_lines(text):
        for match in _ASSIGNED.finditer(text, start, end):
            value = match.group(1)
            if _is_random(value) and not _TOKEN.match(value):
                yield "LAS503", match.start(1), f"this looks like a password or a key: {_shown(value)}"


def _named_lines(text: str) -> Iterator[tuple[int, int]]:
    """Where the lines begin and end that name a secret, each once, in no order."""
    lowered = text.lower()
    if len(lowered) != len(text):  # letters that are several in lower case
        yield 0, len(text)
        return
    ends: set[int] = set()
    for word in _WORDS:
        at = lowered.find(word)
        while at >= 0:
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            if end not in ends:
                ends.add(end)
                yield text.rfind("\n", 0, at) + 1, end
            at = lowered.find(word, end)


def _is_random(text: str) -> bool:
    """Whether a text has digits, letters and as much variety as what was drawn at random."""
    if _PLACEHOLDERS.search(text) or not (re.search("[0-9]", text) and re.search("[A-Za-z]", text)):
        return False
    counts = Counter(text).values()
    return -sum(one / len(text) * math.log2(one / len(text)) for one in counts) >= _LEAST_ENTROPY


def _shown(text: str) -> str:
    """How a secret begins, and how long it is."""
    return f"{text[:4]}... ({len(text)} characters or more)"
