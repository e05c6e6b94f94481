"""What the user says of registries, as it is asked of each of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from las_registry.trust.policy import DEFAULT_POLICY, Policy
from las_registry.trust.trust import NO_TRUST, Trust
from las_registry.user_directories import settings_directory

if TYPE_CHECKING:
    from las_registry.trust.configuration import Configuration
    from las_registry.trust.trusted_keys import TrustedKeys
    from las_registry.trust.vouching import Vouching

__all__ = ["NOBODY", "UserTrust"]


class UserTrust:
    """What `configuration` and `keys` say, None for what the user has not; `token` is another one for other files."""

    def __init__(
        self, configuration: Configuration | None = None, keys: TrustedKeys | None = None, token: str = ""
    ) -> None:
        self.configuration = configuration
        self.keys = keys
        self.token = token

    @classmethod
    def read(cls) -> UserTrust:
        """What the user's files say.

        Raises :class:`las_solver.errors.InvalidInput` if there is one that cannot be relied on: that is never taken for
        nothing.
        """
        directory = _settings()
        if directory is None:
            return NOBODY
        from hashlib import sha256

        from las_registry.trust.configuration import LARGEST, read_configuration
        from las_registry.trust.private_file import LARGEST_KEYS_FILE, read_private_file

        said, known = directory / "registries.yaml", directory / "keys.json"
        text, keys = read_private_file(said, LARGEST), read_private_file(known, LARGEST_KEYS_FILE)
        if text is None and keys is None:
            return NOBODY
        digests = [b"" if one is None else sha256(one).digest() for one in (text, keys)]
        return cls(
            None if text is None else read_configuration(text, said),
            None if keys is None else _keys(keys, known),
            sha256(b"\0".join(digests)).hexdigest(),
        )

    def policy_of(self, directory: Path) -> Policy:
        """What is asked of the registry in `directory`."""
        return DEFAULT_POLICY if self.configuration is None else self.configuration.policy_of(directory)

    def of(self, directory: Path) -> tuple[Trust, Vouching | None]:
        """What the registry in `directory` is checked against, and what its signed list comes to, None where no list
        counts.

        Raises :class:`las_registry.problem.RegistryUnusable` if the list that there is, or is not, bars the registry.
        """
        if not self.token:
            return NO_TRUST, None
        from hashlib import sha256

        from las_registry.trust.vouching import find_vouching

        policy = self.policy_of(directory)
        # The same files say another thing of a directory once a link that they name leads there.
        token = f"{self.token} {sha256(repr(policy).encode('utf-8', 'backslashreplace')).hexdigest()}"
        trust = Trust(policy=policy, keys=self.keys, token=token)

        vouching = find_vouching(directory, trust)
        if vouching is None:
            return trust, None
        # Another number of the same list changes no verdict: the index is only refreshed then.
        return replace(trust, vouching=vouching.key_ids, token=f"{token} {' '.join(vouching.key_ids)}"), vouching


NOBODY: Final = UserTrust()
"""A user who says nothing."""


def _keys(data: bytes, path: Path) -> TrustedKeys:
    from las_registry.trust.trusted_keys import read_trusted_keys  # late: who has no keys waits for none of it

    return read_trusted_keys(data, path)


def _settings() -> Path | None:
    """The directory for settings, if there is anything in it that says whose word counts."""
    try:
        directory = settings_directory()
    except OSError:  # the working directory is gone
        return None
    if directory is None:
        return None
    for name in ("registries.yaml", "keys.json"):
        try:
            (directory / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            pass  # there may be one: that is for its reader to say
        return directory
    return None
