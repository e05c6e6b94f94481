"""All codes of findings: what each means, how bad it is, why it matters, and what brings it about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from las_registry.lint.finding import Severity

__all__ = ["CODES", "GROUPS", "Code", "group_of"]

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LAS0": "Manifests, and whether they count",
        "LAS1": "Breaking changes without a new major version",
        "LAS2": "Requirements that cannot be met",
        "LAS3": "Names and texts that deceive",
        "LAS4": "Licences",
        "LAS5": "Secrets",
        "LAS6": "Things said in vain",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One kind of finding: a `name` of lower-case words with hyphens, a `title` of a few words, `why` it matters and
    what to do, and an `example` of what brings it about."""

    code: str
    name: str
    title: str
    severity: Severity
    why: str
    example: str


def group_of(code: str) -> str:
    """What the group of a code is about."""
    return GROUPS[code[:4]]


def _table(*rows: tuple[str, str, str, Severity, str, str]) -> Mapping[str, Code]:
    return MappingProxyType(
        {
            code: Code(code=code, name=name, title=title, severity=severity, why=why, example=example)
            for code, name, title, severity, why, example in rows
        }
    )


_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: Final = _table(
    (
        "LAS001",
        "invalid-manifest",
        "The manifest has a mistake and does not count",
        _ERROR,
        "Planning leaves the manifest out, and its module's name still hides the module in later registries.",
        "version: one point two",
    ),
    (
        "LAS002",
        "wrong-checksum",
        "The checksum is not that of the content",
        _ERROR,
        "The manifest was changed after it was sealed, and does not count. If the change is wanted, seal it again.",
        "integrity: {checksum: sha256:...} that was written before the description changed",
    ),
    (
        "LAS003",
        "contradicting-manifests",
        "Two manifests describe the same version differently",
        _ERROR,
        "Neither counts, since nobody can say which of them is right. `1.0` and `1.0.0` are the same version.",
        "version: 1.0 in one file and version: 1.0.0 with other content in another",
    ),
    (
        "LAS004",
        "unreadable-file",
        "A file or folder cannot be read",
        _ERROR,
        "What stands in it does not count, and may be what somebody relies on.",
        "manifest.yaml that is a pipe, or may not be read",
    ),
    (
        "LAS005",
        "repeated-manifest",
        "The same manifest is there twice",
        _WARNING,
        "It counts once. The next change will be made to one of the two, and then neither counts.",
        "a/manifest.yaml and a copy of it in b/manifest.yaml",
    ),
    (
        "LAS006",
        "missing-checksum",
        "The manifest is not sealed, while most of the registry is",
        _WARNING,
        "A manifest without a checksum can be changed unnoticed. `las-solve registry seal` writes it.",
        "no integrity in one manifest out of ten, where the others have it",
    ),
    (
        "LAS007",
        "unused-suppression",
        "A suppression suppresses nothing",
        _NOTE,
        "What it was for has been mended; left there, it would hide the next finding of that kind.",
        "x-lint: {ignore: [LAS401]} in a manifest with a licence",
    ),
    (
        "LAS008",
        "wrong-suppression",
        "A suppression cannot be understood",
        _WARNING,
        "It has no effect. Write x-lint: {ignore: [LAS401]}.",
        "x-lint: {ignore: [LAS999]}",
    ),
    (
        "LAS009",
        "upper-case-checksum",
        "The checksum is written with capitals",
        _NOTE,
        "It counts, but tools that compare texts do not find it.",
        "checksum: sha256:5E88...",
    ),
    (
        "LAS101",
        "interface-dropped",
        "An interface is no longer provided",
        _WARNING,
        "Modules that consume it cannot be planned with the new version. Drop it with a new major version.",
        "1.2 provides [sql], 1.3 provides []",
    ),
    (
        "LAS102",
        "hardware-raised",
        "More hardware is needed",
        _WARNING,
        "Machines that run the version before cannot upgrade within its major version.",
        "vram_min: 8GB in 1.2, 16GB in 1.3",
    ),
    (
        "LAS103",
        "runtime-narrowed",
        "Runtimes that were good enough no longer are",
        _WARNING,
        "Machines with such a runtime cannot upgrade within the major version.",
        "cuda>=12.1 in 1.2, cuda>=12.4 in 1.3",
    ),
    (
        "LAS104",
        "module-added",
        "A further module is required",
        _WARNING,
        "An upgrade within a major version brings a module that nobody asked for, or is not possible without it.",
        "modules: [lib] in 1.2, modules: [lib, extra] in 1.3",
    ),
    (
        "LAS105",
        "runtime-added",
        "A further runtime is required",
        _WARNING,
        "Machines without that runtime cannot upgrade within the major version.",
        "no runtime in 1.2, runtime: [cuda] in 1.3",
    ),
    (
        "LAS106",
        "requirement-narrowed",
        "Versions of a module that were admitted no longer are",
        _WARNING,
        "What else needs those versions cannot be planned together with the new one.",
        "lib@>=1 in 1.2, lib@>=2 in 1.3, where the registry has lib 1.5",
    ),
    (
        "LAS107",
        "mode-dropped",
        "A mode is no longer there",
        _WARNING,
        "Machines that allow only that mode cannot upgrade within the major version.",
        "modes: [native, container] in 1.2, modes: [container] in 1.3",
    ),
    (
        "LAS108",
        "interface-consumed",
        "A further interface is consumed",
        _WARNING,
        "An upgrade within a major version needs a provider that was not needed before.",
        "consumes: [] in 1.2, consumes: [sql] in 1.3",
    ),
    (
        "LAS201",
        "unknown-module",
        "A required module is not in the registry",
        _ERROR,
        "The version can never be planned. If the module is in another registry, name that too: --registry DIR.",
        "modules: [libb] where only lib is there",
    ),
    (
        "LAS202",
        "no-such-version",
        "No version of a required module is admitted",
        _ERROR,
        "The version can never be planned.",
        "modules: [lib@>=3] where the newest lib is 2.4",
    ),
    (
        "LAS203",
        "only-rejected",
        "What a requirement admits was rejected",
        _ERROR,
        "The version cannot be planned until the manifests of the required module are mended.",
        "modules: [lib@>=3] where the manifest of lib 3.0 has a mistake",
    ),
    (
        "LAS204",
        "only-later-registry",
        "What a requirement admits is in a registry that does not count for it",
        _ERROR,
        "The first registry that has a module's name is the only source for it; versions in later ones do not count.",
        "modules: [lib@>=3] where the first registry has lib 2.4 and the second has lib 3.0",
    ),
    (
        "LAS205",
        "unavoidable-cycle",
        "The version leads into a cycle, whatever is chosen",
        _ERROR,
        "A module cannot be put in place before itself, so the version can never be planned.",
        "app 1.0 requires lib, and every version of lib requires app",
    ),
    (
        "LAS206",
        "unknown-runtime",
        "Nothing known provides a required runtime",
        _WARNING,
        "No module and no example host has it, or none at a version that is admitted: the name may be misspelt.",
        "runtime: [cuda>=121]",
    ),
    (
        "LAS207",
        "unknown-interface",
        "Nothing known provides a consumed interface",
        _WARNING,
        "No other module and no example host provides it: the name may be misspelt.",
        "consumes: [vector-databse]",
    ),
    (
        "LAS208",
        "only-prereleases",
        "A constraint admits nothing but pre-releases, and names none",
        _WARNING,
        "Without --pre the version cannot be planned. Name the pre-release in the constraint if it is wanted.",
        "modules: [lib@>2.4] where 2.5rc1 is all that is newer than 2.4",
    ),
    (
        "LAS301",
        "names-differ-in-form",
        "Two modules have names that differ in case or in - _ . only",
        _WARNING,
        "People take them for one module, and on some file systems their folders are one.",
        "Llama-3 and llama_3",
    ),
    (
        "LAS302",
        "names-look-alike",
        "Two modules have names that look alike",
        _WARNING,
        "One may be meant to be taken for the other.",
        "ollama and 0llama",
    ),
    (
        "LAS303",
        "labels-differ-in-form",
        "Two interfaces, runtimes, modes or system packages differ in case or in - _ . only",
        _WARNING,
        "Names are compared letter by letter: a consumer of one is not served by a provider of the other.",
        "provides: [OpenAI-API] and consumes: [openai_api]",
    ),
    (
        "LAS304",
        "labels-look-alike",
        "Two interfaces, runtimes, modes or system packages look alike",
        _WARNING,
        "One may be meant to be taken for the other, or is misspelt.",
        "provides: [sql] with a Cyrillic s and consumes: [sql]",
    ),
    (
        "LAS305",
        "invisible-in-label",
        "A name has characters that are not seen, or that turn the text around",
        _ERROR,
        "It looks like another name and is not equal to it.",
        "provides: [sql] with a zero-width space in it",
    ),
    (
        "LAS306",
        "mixed-scripts",
        "A name mixes letters of several scripts",
        _WARNING,
        "Letters that look alike are told apart by no reader.",
        "provides: [postgres] with a Cyrillic o",
    ),
    (
        "LAS307",
        "invisible-in-text",
        "A text has control characters, or characters that are not seen or turn the text around",
        _WARNING,
        "What people read is not what stands there. Terminals may take control characters for commands.",
        'description: "Safe\\x1b[8m but not seen"',
    ),
    (
        "LAS401",
        "missing-licence",
        "The manifest names no licence",
        _WARNING,
        "Whoever installs the module has to find out by other ways whether they may.",
        "no license",
    ),
    (
        "LAS402",
        "licence-not-spdx",
        "The licence is no SPDX expression",
        _WARNING,
        "Tools that look for licences cannot read it. A licence of your own is LicenseRef- and a name.",
        "license: Apache 2",
    ),
    (
        "LAS403",
        "licence-spelling",
        "The licence is an SPDX expression in another spelling than the usual one",
        _NOTE,
        "It means the same, but is not equal to it as a text.",
        "license: apache-2.0",
    ),
    (
        "LAS501",
        "private-key",
        "There is a private key",
        _ERROR,
        "Everybody who gets the registry has it. Take it out, and make a new key: it cannot be taken back.",
        "x-key: -----BEGIN PRIVATE KEY-----...",
    ),
    (
        "LAS502",
        "token",
        "There is something that has the form of an access token",
        _ERROR,
        "Everybody who gets the registry has it. Take it out, and withdraw the token where it was made.",
        "x-token: ghp_ and 36 letters and digits",
    ),
    (
        "LAS503",
        "likely-secret",
        "There is something that looks like a password or a key",
        _WARNING,
        "If it is one, everybody who gets the registry has it.",
        "x-api-key: 9f8Qz7...",
    ),
    (
        "LAS601",
        "repeated-item",
        "A list has the same item twice",
        _WARNING,
        "It counts once. The second may have been meant to be something else.",
        "modules: [lib, lib]",
    ),
    (
        "LAS602",
        "pointless-preference",
        "The preferred mode would be taken without being preferred",
        _NOTE,
        "The first of the modes that are allowed is taken anyway.",
        "modes: [native, container] and preferred: native",
    ),
)
"""All codes, in order."""
