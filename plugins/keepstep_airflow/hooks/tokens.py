"""Access tokens that all workers share, for systems that mind how often somebody signs in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from keepstep_airflow.hooks.store import open_store

if TYPE_CHECKING:
    from keepstep.store.tokens import SealedTokens


def shared_tokens(system: str, public: tuple[str, ...], secret: tuple[str, ...]) -> SealedTokens | None:
    """In the store, sealed with Airflow's Fernet key; None where Airflow has none.

    `public` says whose tokens they are, `secret` what they are got for: changed ones start afresh.
    """
    from airflow.sdk.crypto import get_fernet
    from cryptography.fernet import InvalidToken

    from keepstep.store.tokens import SealedTokens

    fernet = get_fernet()
    if not fernet.is_encrypted:
        return None

    def unseal(sealed: str) -> bytes | None:
        try:
            return fernet.decrypt(sealed)
        except InvalidToken:
            return None

    account = f"{system}:{_named(public, secret)}"
    return SealedTokens(open_store, account, lambda kept: fernet.encrypt(kept).decode(), unseal)


def _named(public: tuple[str, ...], secret: tuple[str, ...]) -> str:
    """Names credentials without telling them, by a slow hash."""
    salt = hashlib.sha256("\n".join(public).encode()).digest()
    return hashlib.scrypt("\n".join(secret).encode(), salt=salt, n=2**14, r=8, p=1, dklen=16).hex()
