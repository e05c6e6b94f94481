"""For each code of a finding, a registry that has it, and the same with the least change that mends it."""

from __future__ import annotations

from linted import manifest

from las_registry.seal import sealed_text


def _sealed(text: str) -> str:
    return sealed_text(text.encode(), "manifest.yaml")[0].decode()


def _files(*texts: str) -> dict[str, str]:
    return {f"{at}/manifest.yaml": text for at, text in enumerate(texts)}


_LIB = manifest("lib 1.0")
_SEALED = _sealed(_LIB)
_CAPITALS = _SEALED.replace(_SEALED[-65:-1], _SEALED[-65:-1].upper())

EXAMPLES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "LAS001": (_files(_LIB, manifest("app one")), _files(_LIB, manifest("app 1"))),
    "LAS002": (_files(manifest("app 1"), _SEALED.replace("Something", "Else")), _files(manifest("app 1"), _SEALED)),
    "LAS003": (
        _files(_LIB, manifest("app 1.0"), manifest("app 1.0.0", "x-note: other\n")),
        _files(_LIB, manifest("app 1.0"), manifest("app 1.0.1", "x-note: other\n")),
    ),
    "LAS004": ({**_files(_LIB), "loop/manifest.yaml": "->manifest.yaml"}, _files(_LIB)),
    "LAS005": (_files(_LIB, _LIB), _files(_LIB, manifest("lib 2.0"))),
    "LAS006": (
        _files(_SEALED, _sealed(manifest("lib 2.0")), manifest("lib 3.0")),
        _files(_SEALED, manifest("lib 2.0"), manifest("lib 3.0")),
    ),
    "LAS007": (
        _files(manifest("app 1.0", "x-lint: {ignore: [LAS602]}\n")),
        _files(manifest("app 1.0", "x-lint: {ignore: [LAS601]}\n", system=["gcc", "gcc"])),
    ),
    "LAS008": (
        _files(manifest("app 1.0", "x-lint: {ignore: [LAS999]}\n")),
        _files(manifest("app 1.0", "x-lint: {ignore: [LAS602]}\n")),
    ),
    "LAS009": (_files(_CAPITALS), _files(_SEALED)),
    "LAS101": (
        _files(manifest("app 1.0", provides=["sql"]), manifest("app 1.1")),
        _files(manifest("app 1.0", provides=["sql"]), manifest("app 2.0")),
    ),
    "LAS102": (
        _files(manifest("app 1.0"), manifest("app 1.1", "hardware: {cpu: {cores_min: 2}}\n")),
        _files(manifest("app 1.0", "hardware: {cpu: {cores_min: 2}}\n"), manifest("app 1.1")),
    ),
    "LAS103": (
        _files(manifest("app 1.0", runtime=["cuda>=12.1"]), manifest("app 1.1", runtime=["cuda>=12.4"])),
        _files(manifest("app 1.0", runtime=["cuda>=12.4"]), manifest("app 1.1", runtime=["cuda>=12.1"])),
    ),
    "LAS104": (
        _files(_LIB, manifest("app 1.0"), manifest("app 1.1", modules=["lib"])),
        _files(_LIB, manifest("app 1.0", modules=["lib"]), manifest("app 1.1", modules=["lib"])),
    ),
    "LAS105": (
        _files(manifest("app 1.0"), manifest("app 1.1", runtime=["cuda"])),
        _files(manifest("app 1.0", runtime=["cuda"]), manifest("app 1.1", runtime=["cuda"])),
    ),
    "LAS106": (
        _files(
            manifest("lib 1.5"),
            manifest("lib 2.0"),
            manifest("app 1.0", modules=["lib@>=1"]),
            manifest("app 1.1", modules=["lib@>=2"]),
        ),
        _files(
            manifest("lib 2.0"),
            manifest("app 1.0", modules=["lib@>=1"]),
            manifest("app 1.1", modules=["lib@>=2"]),
        ),
    ),
    "LAS107": (
        _files(manifest("app 1.0", modes=["native", "container"]), manifest("app 1.1", modes=["container"])),
        _files(manifest("app 1.0", modes=["container"]), manifest("app 1.1", modes=["native", "container"])),
    ),
    "LAS108": (
        _files(manifest("app 1.0"), manifest("app 1.1", consumes=["sql"])),
        _files(manifest("app 1.0", consumes=["sql"]), manifest("app 1.1")),
    ),
    "LAS201": (
        _files(_LIB, manifest("app 1.0", modules=["libb"])),
        _files(_LIB, manifest("app 1.0", modules=["lib"])),
    ),
    "LAS202": (
        _files(_LIB, manifest("app 1.0", modules=["lib@>1.0"])),
        _files(_LIB, manifest("app 1.0", modules=["lib@>=1.0"])),
    ),
    "LAS203": (
        _files(_LIB, manifest("lib 2.0", "licence: MIT\n"), manifest("app 1.0", modules=["lib@>1.0"])),
        _files(_LIB, manifest("lib 2.0"), manifest("app 1.0", modules=["lib@>1.0"])),
    ),
    "LAS205": (
        _files(manifest("lib 1.0", modules=["app"]), manifest("app 1.0", modules=["lib"])),
        _files(
            manifest("lib 1.0", modules=["app"]),
            manifest("app 1.0", modules=["lib"]),
            *map(manifest, ("lib 0", "app 0")),
        ),
    ),
    "LAS206": (
        _files(manifest("app 1.0", runtime=["cudda"])),
        _files(manifest("app 1.0", runtime=["cuda"]), manifest("cuda 12.1")),
    ),
    "LAS207": (
        _files(manifest("app 1.0", consumes=["sql"])),
        _files(manifest("app 1.0", consumes=["sql"]), manifest("lib 1.0", provides=["sql"])),
    ),
    "LAS208": (
        _files(_LIB, manifest("lib 2.0rc1"), manifest("app 1.0", modules=["lib@>1.0"])),
        _files(_LIB, manifest("lib 2.0rc1"), manifest("app 1.0", modules=["lib@>=2.0rc1"])),
    ),
    "LAS301": (_files(_LIB, manifest("Lib 1.0")), _files(_LIB, manifest("libs 1.0"))),
    "LAS302": (_files(_LIB, manifest("1ib 1.0")), _files(_LIB, manifest("2ib 1.0"))),
    "LAS303": (
        _files(manifest("app 1.0", provides=["a-b"]), manifest("lib 1.0", consumes=["a_b"])),
        _files(manifest("app 1.0", provides=["a-b"]), manifest("lib 1.0", consumes=["a-b"])),
    ),
    "LAS304": (
        _files(manifest("app 1.0", provides=["sql"]), manifest("lib 1.0", consumes=["ѕql"])),
        _files(manifest("app 1.0", provides=["sql"]), manifest("lib 1.0", consumes=["sqi"])),
    ),
    "LAS305": (
        _files(manifest("app 1.0", provides=['"s\\u200bql"'])),
        _files(manifest("app 1.0", provides=['"s\\u00f1ql"'])),
    ),
    "LAS306": (_files(manifest("app 1.0", provides=["sqл"])), _files(manifest("app 1.0", provides=["скл"]))),
    "LAS307": (
        _files(_LIB.replace("Something", '"Some\\x1b[8mthing"')),
        _files(_LIB.replace("Something", '"Some\\nthing"')),
    ),
    "LAS401": (_files(_LIB.replace("license: MIT\n", "")), _files(_LIB)),
    "LAS402": (_files(_LIB.replace("MIT", "Apache 2")), _files(_LIB.replace("MIT", "Apache-2.0"))),
    "LAS403": (_files(_LIB.replace("MIT", "mit")), _files(_LIB.replace("MIT", "LicenseRef-mit"))),
    "LAS501": (
        _files(manifest("app 1.0", "x-key: -----BEGIN OPENSSH PRIVATE " + "KEY-----\n")),
        _files(manifest("app 1.0", "x-key: -----BEGIN PUBLIC " + "KEY-----\n")),
    ),
    "LAS502": (
        _files(manifest("app 1.0", "x-note: use ghp" + "_Zk3Rv9TqLx7Bn2Wp5Ys8Hd4Mf6Gc1Ja0Ue9QoI\n")),
        _files(manifest("app 1.0", "x-note: use ghp_" + "x" * 36 + "\n")),
    ),
    "LAS503": (
        _files(manifest("app 1.0", "x-api-key: 9f8Qz7Lw" + "3Xk1Vb6Tn2Rm\n")),
        _files(manifest("app 1.0", "x-api-key: ${API_KEY}\n")),
    ),
    "LAS601": (
        _files(manifest("app 1.0", system=["gcc", "make", "gcc"])),
        _files(manifest("app 1.0", system=["gcc", "make", "g++"])),
    ),
    "LAS602": (
        _files(_LIB.replace("modes: [native]", "modes: [native]\n  preferred: native")),
        _files(_LIB.replace("modes: [native]", "modes: [native, container]\n  preferred: native")),
    ),
}
"""By code, the files that have it, and those that do not; LAS204 needs two registries. After ``->`` stands a link."""
