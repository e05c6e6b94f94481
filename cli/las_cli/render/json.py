"""Documents as JSON text: the same bytes for the same document, on every machine and in every locale."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

__all__ = ["print_json", "render_json"]


def render_json(document: Mapping[str, object]) -> str:
    """`document` as indented ASCII JSON with a final line break, keys in the order of the document."""
    text = json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False)
    return text.replace("\x7f", "\\u007f") + "\n"  # the one control character that json leaves as it is


def print_json(document: Mapping[str, object]) -> None:
    """Writes `document` to standard output."""
    click.echo(render_json(document), nl=False)
