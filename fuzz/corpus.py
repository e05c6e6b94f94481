"""The inputs that fuzzing begins with: some of each form, and those that earlier runs found worth keeping.

What was found stands in ``corpus/<target>.txt``, one input a line, in base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fuzz.answers import documents

__all__ = ["found", "keep", "seeds"]

_FOLDER: Final = Path(__file__).with_name("corpus")

_PUBLIC: Final = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""The public key of the first example of RFC 8032."""


def _in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_TEXTS: Final[dict[str, tuple[str, ...]]] = {
    "manifest": (
        "name: app\ncategory: tool\nversion: 1.10\ndescription: An app\nruntime: {modes: [native]}\n",
        "name: app\ncategory: tool\nversion: 1!2.0rc1.post2.dev3+l.1\nlicense: no\n"
        "description: |-\n  Several\n  lines\n"
        "hardware: {cpu: {cores_min: 0x10}, memory: {ram_min: 1.5 GiB}, gpu: {vram_min: 24GB, multi_gpu: true}}\n"
        "dependencies:\n  system: [gcc, cmake]\n  modules: [lib, 'lib2@>=1,<2']\n  runtime: [cuda>=12.1, python@3.11]\n"
        "runtime: {modes: [container, native], preferred: native}\n"
        "interfaces: {provides: [db, &a store], consumes: [*a, ~]}\nx-own: {any: [thing, !!str 1]}\n"
        f"integrity: {{checksum: 'sha256:{'0' * 64}', signature: 'ed25519:{'0' * 64}:{'A' * 86}=='}}\n",
        "name: a\nname: b\n--- &x [*x, {? [a] : b}]\n...\n%YAML 1.1\n---\n!!python/object:os.system {a: b}\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n<<: *a\n",
    ),
    "profile": (
        "cpu: {cores: 16}\nmemory: {ram: 64GiB}\ngpus:\n- {name: GeForce RTX 4090, vendor: nvidia, vram: 24564MiB}\n"
        "runtimes: {cuda: '12.4', nvidia-driver: '550.54'}\nmodes: [native, container]\ninterfaces: [database]\n"
        "system_packages: [cmake, git]\n",
        "gpus: []\nmodes: [native]\n",
    ),
    "lock": (
        "las-solve-lock: 1\nrequest:\n  - app@>=1\n"
        "options:\n  strategy: lowest\n  prereleases: true\n  modes: [native]\n"
        "  forced_modes: {app: native}\n  preferred: [db]\n  excluded: [x@<2]\n"
        f"registry: sha256:{'0' * 64}\nhost:\n  ram: 64GiB\n  gpus: 24GB\nmodules:\n  app:\n    version: '1.0'\n"
        f"    mode: native\n    checksum: sha256:{'a' * 64}\n",
    ),
    "replay": (
        "las-solve-replay: 1\nabout: |\n  Prose\nrequest: [app]\n"
        "options: {strategy: keep, pinned: [lib@1], locked: {a: '1'}}\n"
        "host: {cpu: {cores: 8}, gpus: [{vram: 24GB}], runtimes: {cuda: '12.4'}}\n"
        "modules:\n- {name: app, version: '1.0', dependencies: {modules: [lib]}}\n- {name: lib, version: '1'}\n"
        "installed:\n- {name: lib, version: '1'}\ndeprecated: [lib@1]\n"
        "rejected:\n- {module: bad, version: '1', provides: [db], place: 'x:1', reason: why}\n"
        "shadowed:\n- {module: app, versions: ['2'], registry: other}\nnames: [lib2]\ninterfaces: [db]\n"
        "expected: |\n  Plan\n",
    ),
    "registries": (
        "default: {unsigned: warn}\nregistries:\n- path: /srv/registry\n  unsigned: refuse\n  list: require\n"
        "  links: inside\n"
        f"  keys: [{{key: {'0' * 64}, names: [torch, 'x.*']}}]\n  names: [torch, 'x.*']\n"
        "- path: catalog\n  names: ['*']\n",
    ),
    "keys": (
        json.dumps(
            {
                "format": 1,
                "keys": [{"id": hashlib.sha256(_PUBLIC).hexdigest(), "public": _in_base64(_PUBLIC), "comment": "me"}],
                "revoked": [{"id": "0" * 64, "reason": "lost"}],
            }
        ),
    ),
    "signed_list": (
        json.dumps(
            {
                "payloadType": "application/vnd.las-solve.list+json",
                "payload": "e30=",
                "signatures": [{"keyid": "0" * 64, "sig": _in_base64(bytes(64))}],
            }
        ),
        json.dumps(
            {
                "format": 1,
                "registry": "0" * 32,
                "number": 7,
                "expires": "2027-01-01T00:00:00Z",
                "files": {"a/manifest.yaml": {"sha256": "0" * 64, "modules": ["a"]}},
            }
        ),
    ),
    "export": ('{"las-solve":"store","format":1}\n{"table":"module","name":"a","version":"1"}\n{"rows":1}\n',),
    "texts": tuple(
        chr(at) + text
        for at, several in enumerate(
            (
                ("1.0", "1!2.0a1.post2.dev3+local.1", "v1_0-RC-1", "1" * 300),
                (">=1.2,<2", "~=1.4.5, != 1.5", "==1.4.*", "=1", "^1.2", "~> 1.2", "1.x", "1 - 2", "=== 1", "<=1||>2"),
                ("app", "app@>=1,<2", "app @ 1.0", "app>=1", "app 1.0", "a" * 1000),
                ("cuda>=12.1", "cuda@12.1", "cuda", "cuda 12.1", "python~=3.11"),
                ("24GB", "1.5 GiB", "24 G", "0", "123456789012345678901234567890"),
                (f"ed25519:{'0' * 64}:{'A' * 86}==",),
                ("cores=16", "ram=64GB", "gpus=24GB,24GB", "runtime.cuda=12.4", "modes=native", "gpus=none"),
                ("app", "a.b_c+d-e"),
                ("native", "\u202e", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")),
            )
        )
        for text in several
    ),
    "index": ("", "abcd", "\0\0\0\0\x10\0\0\x7f"),
}


def seeds(target: str) -> Iterator[bytes]:
    """The inputs that are written by hand, or made of answers."""
    if target == "answer":
        yield from (bytes([at, 5, 0, 128]) for at in range(len(documents())))
    for text in _TEXTS.get(target, ()):
        yield text.encode()


def found(target: str) -> Iterator[bytes]:
    """The inputs that were found before."""
    path = _path(target)
    if path.is_file():
        yield from map(base64.b64decode, path.read_text(encoding="ascii").split())


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """From now on, `inputs` are those that were found."""
    lines = sorted({_in_base64(one) for one in inputs}, key=lambda line: (len(line), line))
    _FOLDER.mkdir(exist_ok=True)
    _path(target).write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def _path(target: str) -> Path:
    return _FOLDER / f"{target}.txt"
