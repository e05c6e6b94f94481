"""Texts that are taken for others: what people see of them, and what they do not see.

The table of letters has those Cyrillic, Greek and Armenian ones that most typefaces draw like Latin ones, as UTS 39
lists them; accents, widths and ligatures are taken off by compatibility decomposition.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["form_of", "hidden_in_label", "hidden_in_text", "scripts_of", "skeleton_of"]

_LATIN: Final = str.maketrans(
    "аеорсухіјѕһԁԛԝѵӏвкмнтгпьзАВЕКМНОРСТУХІЈЅԀԚԜѴӀЗαορνυικτχγωβεηζμΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսհցաԍıɑɡɩʋᴏ",
    "aeopcyxijshdqwvlBkmHTrnb3ABEKMHOPCTYXIJSDQWVl3aopvuiktxywBEnZuABEZHIKMNOPTYXonuhgwGiaglvo",
)
_SAME: Final = str.maketrans("0O1I|", "oolll")
_PAIRS: Final = (("rn", "m"), ("vv", "w"))
_SEPARATORS: Final = re.compile(r"[-_.]+")
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS: Final = frozenset("\u200c\u200d")
_MARKS: Final = frozenset("\u200e\u200f\u061c")
_ASIAN: Final = frozenset(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "KATAKANA-HIRAGANA"))
_SCRIPTS: Final = frozenset(
    (
        *("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "ARABIC", "COPTIC", "CHEROKEE", "GEORGIAN", "GLAGOLITIC"),
        *("DEVANAGARI", "BENGALI", "THAI", "LAO", "ETHIOPIC", "TIFINAGH", "LISU", "GOTHIC", "DESERET"),
    )
)


@lru_cache(maxsize=65536)
def form_of(text: str) -> str:
    """What texts have in common that differ only in case, width and ``- _ .``."""
    return _SEPARATORS.sub("-", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=65536)
def skeleton_of(text: str) -> str:
    """What texts have in common that look alike to people; it says nothing by itself."""
    letters = text
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        letters = "".join(
            one for one in decomposed.translate(_LATIN) if not unicodedata.combining(one) and not _is_hidden(one)
        )
    letters = letters.translate(_SAME).casefold()
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    return _SEPARATORS.sub("-", letters)


def hidden_in_label(text: str) -> tuple[str, ...]:
    """The characters of a name that are not seen or turn the text around, each once, in order."""
    return () if text.isascii() else tuple(dict.fromkeys(one for one in text if _is_hidden(one)))


def hidden_in_text(text: str) -> tuple[str, ...]:
    """The characters of a text that control, are not seen or turn the text around, each once, in order.

    Line breaks and tabulators are text, and so are joiners, which scripts and emoji need, and marks of direction beside
    letters that are read from right to left.
    """
    if text.isascii() and text.isprintable():
        return ()
    found = dict.fromkeys(one for one in text if one not in "\n\t" and one not in _JOINERS and _is_hidden(one))
    if found.keys() & _MARKS and any(
        unicodedata.bidirectional(one) in ("R", "AL") for one in text if one not in _MARKS
    ):
        return tuple(one for one in found if one not in _MARKS)
    return tuple(found)


def scripts_of(text: str) -> tuple[str, ...]:
    """The scripts of the letters of a text that do not go together, in order; one at most where all is well."""
    if text.isascii():
        return ()
    found = {unicodedata.name(one, "").split(" ", 1)[0] for one in text if one.isalpha()}
    known = found & _SCRIPTS
    if found & _ASIAN:
        known -= {"LATIN"}
        known |= {"CJK"}
    return tuple(sorted(known))


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") or character in _FILLERS
