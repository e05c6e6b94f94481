"""Documents from YAML: the front door to the modules that read it.

Every scalar is its source text, except a plain null, which is None. Nothing is guessed: ``1.10`` is the text
``1.10`` and ``no`` is the text ``no``. Text that was quoted, written as a block or tagged ``!!str`` is
:class:`Quoted`, so that a field that wants an integer can tell ``8`` from ``"8"``.

Only :mod:`las_registry.yaml_events`, :mod:`las_registry.yaml_places` and this module know the YAML library.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from las_registry.problem import InvalidFile, Problem
from las_registry.yaml_document import LIMITS, Document, Limits
from las_registry.yaml_events import EventReader
from las_registry.yaml_value import Quoted, Value

__all__ = [
    "LIMITS",
    "Document",
    "Limits",
    "Quoted",
    "Value",
    "read_document",
    "read_documents",
    "write_document",
]

_BOM: Final = b"\xef\xbb\xbf"
_MOST_TAGS: Final = 100
"""The parser compares each directive of a document with all before it."""


def read_document(data: bytes, file: str, limits: Limits = LIMITS) -> Document:
    """The one document of a file; an empty file is one whose value is None.

    Raises :class:`InvalidFile` if the file is not YAML, or holds several documents.
    """
    documents = tuple(read_documents(data, file, limits))
    problems = [problem for document in documents for problem in document.problems]
    if not problems and len(documents) > 1:
        problems = [
            documents[1].problem((), "a second document begins here", "keep one document, without further '---'")
        ]
    if problems:
        raise InvalidFile(problems)
    return documents[0] if documents else Document(file=file, index=0, line=1, value=None)


def read_documents(data: bytes, file: str, limits: Limits = LIMITS) -> Iterator[Document]:
    """Every document of a YAML stream, each with its own problems; `file` is the name that problems carry.

    What the parser cannot read ends the stream: the document with that problem is the last, and those
    before it stand.
    """
    refused = _refuse_bytes(data, file, limits)
    if refused is not None:
        line = refused.line or 1
        yield Document(file=file, index=0, line=line, value=None, problems=(refused,), complete=False)
        return
    yield from EventReader(data.removeprefix(_BOM), file, limits).documents()


def write_document(value: object) -> str:
    """Plain values as YAML that :func:`read_document` and every other reader take for the same.

    Innermost lists and objects stand on one line; keys keep their order.
    """
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=1000)


def _refuse_bytes(data: bytes, file: str, limits: Limits) -> Problem | None:
    """What is wrong with a file before any of it is parsed."""
    if len(data) > limits.size:
        return Problem(
            file=file,
            message=f"the file is larger than {limits.size // 1024**2} MiB",
            hint="split it into several files",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return Problem(file=file, line=1, message="the file is UTF-16 or UTF-32, not UTF-8", hint="save it as UTF-8")
    if data.count(b"%TAG") > _MOST_TAGS:
        message = f"the file has more than {_MOST_TAGS} %TAG directives"
        return Problem(file=file, line=1, message=message, hint="leave them out: tags have no meaning here")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
        return Problem(file=file, line=line, message=message, hint="save the file as UTF-8")
    return None
