"""Random PEP 440 versions: with epochs, pre-, post-, development and local releases."""

from __future__ import annotations

from hypothesis import strategies as st
from packaging.version import Version

__all__ = ["TEXTS", "VERSIONS"]

RELEASES = st.sampled_from(["0", "1", "1.0", "1.1", "1.1.0", "1.1.1", "1.2", "2", "2.0.1", "10"])
EPOCHS = st.sampled_from(["", "", "", "1!"])
SUFFIXES = st.sampled_from(
    ["", "", "", "a1", "b2", "rc1", ".post1", ".post2", ".dev0", ".dev3", "a1.dev2", "rc1.post1", ".post1.dev1"]
)
LOCALS = st.sampled_from(["", "", "", "+cu12", "+local.1"])

TEXTS = st.builds("".join, st.tuples(EPOCHS, RELEASES, SUFFIXES, LOCALS))
VERSIONS = st.lists(TEXTS.map(Version), max_size=14).map(lambda versions: tuple(sorted(set(versions))))
