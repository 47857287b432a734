"""The master keys: what wraps the key of each patient, and is kept where neither the keys nor the pictures are.

There may be several. The first wraps, the others still open what they have wrapped: that is how one takes over from
another while the service runs.
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aftercare.photos.errors import KeyMissingError, MasterKeyError

KEY_BYTES = 32
NONCE_BYTES = 12


class Wrapped(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Bytes that only a master key opens; `master` names it without telling it."""

    master: bytes
    nonce: bytes
    sealed: bytes


class MasterKeys:
    """One or several keys of 32 bytes, the first of them the one that wraps."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Raises MasterKeyError unless there is at least one, each of 32 bytes."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise MasterKeyError
        self._by_name = {_name(key): AESGCM(key) for key in keys}
        self.current = _name(keys[0])

    @property
    def names(self) -> frozenset[bytes]:
        """What they are called in what they wrapped."""
        return frozenset(self._by_name)

    def wrap(self, content: bytes, place: bytes) -> Wrapped:
        """Close `content` so that it opens only as what is kept at `place`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._by_name[self.current].encrypt(nonce, content, place)
        return Wrapped(master=self.current, nonce=nonce, sealed=sealed)

    def unwrap(self, wrapped: Wrapped, place: bytes) -> bytes:
        """Raises KeyMissingError if it was wrapped by another master key, for another place, or was changed."""
        opener = self._by_name.get(wrapped.master)
        if opener is None:
            raise KeyMissingError
        try:
            return opener.decrypt(wrapped.nonce, wrapped.sealed, place)
        except (InvalidTag, ValueError):
            raise KeyMissingError from None


def new_master_key() -> str:
    """A fresh master key as it is written in the setting or the file."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def read_masters(text: str) -> MasterKeys:
    """Master keys as written: base64, separated by blanks or line ends, the current one first. Raises MasterKeyError."""
    try:
        return MasterKeys([base64.b64decode(word, validate=True) for word in text.split()])
    except binascii.Error:
        raise MasterKeyError from None


def development_masters(file: Path) -> MasterKeys:
    """The master key of a development machine: made on first use. Several processes may come here at once."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    drawn = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    if not file.exists():
        with os.fdopen(os.open(drawn, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(new_master_key() + "\n")
            new.flush()
            os.fsync(new.fileno())
        try:
            os.link(drawn, file)  # whole or not at all, and only the first of several
        except FileExistsError:
            pass
        finally:
            drawn.unlink()
    return read_masters(file.read_text())


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"aftercare master key\0" + key).digest()[:8]
