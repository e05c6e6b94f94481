"""Strategies for what nobody in good faith would write: texts, manifests, profiles and requests."""

from __future__ import annotations

import unicodedata
from typing import Final

from hypothesis import strategies as st

__all__ = ["EVIL", "is_raw", "labels", "manifests", "profiles", "quoted", "requests", "texts"]

EVIL: Final = (
    "E\x1b[31m\x07\x9b2J\r\n\0\u2028\u202e\u200b\u3164\u034f\ufe0f\U000e0041"
    "<script>alert(1)</script>`a`|x](javascript:x)\"'&lt;</svg>--> ${x} %s {0}"
)
"""Steers terminals, cannot be seen, and is more than text in HTML, Markdown and formats."""

_PIECES: Final = (
    *("\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\b\b\b", "\r", "\n", "\0", "\x7f", "\x85", "\u2028"),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u3164", "\u034f", "\ufe0f", "\U000e0041", "\u0430"),
    *("<script>", "</svg>", "&#0;", '"', "'", "`", "|", "](x)", "--", "#", "*", "&a", "!!int", "<<", "{", "[", "%TAG"),
    *(
        "null",
        "~",
        "no",
        "1e400",
        "0x",
        "1_0",
        "NaN",
        "9" * 25,
        "9" * 5000,
        "1!1",
        "1.0+" + "a." * 40,
        "=",
        "@",
        ">=1,",
    ),
    *("../", "/etc/passwd", "C:\\", "file:", "ed25519:", "sha256:", "\U0001f600", "e\u0301" * 20),
)
_FIELDS: Final = (
    *("name", "category", "version", "description", "license", "hardware", "dependencies", "runtime", "interfaces"),
    *("integrity", "cpu", "memory", "gpu", "cores_min", "ram_min", "vram_min", "multi_gpu", "system", "modules"),
    *("modes", "preferred", "provides", "consumes", "checksum", "signature", "x-own", "gpus", "cores", "ram", "vram"),
)
_RAW: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_UNSEEN: Final = "\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0100"


def is_raw(character: str) -> bool:
    """Whether a character could steer a terminal, or cannot be seen."""
    return unicodedata.category(character) in _RAW or character in _UNSEEN


def quoted(text: str) -> str:
    """`text` as YAML in double quotes, all but plain letters escaped."""
    plain = (chr(at) for at in range(32, 127) if chr(at) not in '"\\')
    known = {ord(one): one for one in plain}
    return '"' + "".join(known.get(ord(one), f"\\U{ord(one):08x}") for one in text) + '"'


texts = st.one_of(
    st.lists(st.sampled_from(_PIECES) | st.characters(codec="utf-8"), max_size=6).map("".join),
    st.sampled_from(_PIECES),
)

labels = texts.map(
    lambda text: "".join(one for one in text if ord(one) > 32 and not 127 <= ord(one) <= 160)[:50] or "x"
)
"""Texts that can be the names of modes, interfaces and packages."""

_scalars = texts.map(quoted) | st.sampled_from(
    [
        "",
        "~",
        "8",
        "-1",
        "0x10",
        "1e400",
        "9" * 5000,
        "true",
        "yes",
        "1.10",
        "!!binary aGk=",
        "!!python/name:os.system x",
    ]
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(st.sampled_from(_FIELDS) | texts.map(quoted), inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
        inner.map(lambda value: f"&a {value}"),
        st.just("*a"),
    ),
    max_leaves=12,
)


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """A manifest of which at most a few fields are what they should be."""
    fields = {
        "name": "app",
        "category": "tool",
        "version": "1.0",
        "description": "Something",
        "runtime": "{modes: [native]}",
    }
    for key in draw(st.lists(st.sampled_from(_FIELDS), max_size=5)):
        fields[key] = draw(_values)
    lines = [f"{key}: {value}\n" for key, value in fields.items()]
    for line in draw(st.lists(st.sampled_from(lines), max_size=1)):
        lines.remove(line)
    return "".join(lines) + draw(st.sampled_from(["", "", "---\n", "...\n--- [\n", "\t", "name: b\n"]))


profiles = st.lists(st.tuples(st.sampled_from((*_FIELDS, "runtimes", "system_packages")), _values)).map(
    lambda pairs: "".join(f"{key}: {value}\n" for key, value in pairs)
)

requests = st.tuples(st.just("app") | texts, st.sampled_from(["", "@", "@>=", " ", "=="]), texts).map("".join)
