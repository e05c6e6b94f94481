"""What the manifests of one registry are checked against, and the check of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from las_registry.integrity import digest_of
from las_registry.trust.policy import DEFAULT_POLICY, Policy
from las_registry.trust.standing import UNSIGNED, Standing, short_key
from las_solver.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from las_registry.manifest import Manifest
    from las_registry.problem import Problem
    from las_registry.trust.trusted_keys import TrustedKeys

__all__ = ["NO_TRUST", "Trust"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose word counts for the manifests of one registry.

    `keys` are None where the user trusts none. `vouching` are the ids of the trusted keys by which the list beside the
    registry is signed. `token` is another one wherever a verdict could be another; empty if the user says nothing.
    """

    policy: Policy = DEFAULT_POLICY
    keys: TrustedKeys | None = None
    vouching: tuple[str, ...] = ()
    token: str = ""

    def within(self, directory: str) -> str | None:
        """The directory that the files of the registry in `directory` may not lead out of, None where they may."""
        return None if self.policy.links == "follow" else directory

    def judge(self, manifest: Manifest) -> Standing | Problem:
        """The standing of an accepted manifest, by its own signature; or why it is refused all the same."""
        found = self._standing(manifest)
        if not isinstance(found, Standing) or found.kind == "valid" or self.policy.unsigned != "refuse":
            return found
        if self.listed(manifest.module.name) is not None:
            return found
        return _not_vouched_for(manifest, found)

    def listed(self, name: str) -> Standing | None:
        """The standing that the list gives manifests of the module called `name`, None if it gives none."""
        key_id = next((one for one in self.vouching if self.policy.admits(one, name)), None)
        return None if key_id is None else Standing("listed", key_id)

    def _standing(self, manifest: Manifest) -> Standing | Problem:
        if manifest.signature is None:
            return UNSIGNED
        from las_registry.trust.signature import Signature  # late: few manifests are signed

        signature = Signature.parse(manifest.signature)
        if self.keys is None:
            return Standing("unknown-key", signature.key_id)
        revoked = self.keys.revoked.get(signature.key_id)
        if revoked is not None:
            why = f": {revoked.reason}" if revoked.reason else ""
            hint = "get it signed by another key; las-solve registry trust list shows what is revoked"
            message = f"it is signed by the key {short_key(signature.key_id)}, which is revoked{why}"
            return _problem(manifest, message, hint)
        key = self.keys.keys.get(signature.key_id)
        if key is None:
            return Standing("unknown-key", signature.key_id)
        from las_registry.trust.keys import is_signed
        from las_registry.trust.signature import message_of

        if not is_signed(key.public, signature.value, message_of(digest_of(manifest.content))):
            return _problem(
                manifest,
                f"the manifest was changed after the key {short_key(signature.key_id)} signed it, "
                "or the signature is not of this manifest",
                "restore it, or get it signed again: las-solve registry sign --key KEY FILE",
            )
        is_admitted = self.policy.admits(signature.key_id, manifest.module.name)
        return Standing("valid" if is_admitted else "other-names", signature.key_id)


NO_TRUST: Final = Trust()
"""That of a user who says nothing: no key is known, and what is unsigned counts."""


def _not_vouched_for(manifest: Manifest, standing: Standing) -> Problem:
    by = f"it is signed by the key {short_key(standing.key_id)}, which"
    match standing.kind:
        case "unknown-key":
            message = f"{by} is not trusted: nothing could be checked"
            hint = "las-solve registry trust add FILE trusts a key"
        case "other-names":
            message = f"{by} does not count for {manifest.module.name}"
            hint = "registries.yaml says which keys count for which names"
        case _:
            message = "it is not signed, and registries.yaml refuses what is unsigned"
            hint = "get it signed: las-solve registry sign --key KEY FILE"
    return _problem(manifest, message, hint)


def _problem(manifest: Manifest, message: str, hint: str) -> Problem:
    field = ("integrity", "signature") if manifest.signature is not None else ()
    return manifest.document.problem(field, message, hint)
