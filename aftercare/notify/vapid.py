"""Who we are to the push services: one key pair of this server, and the signed word that goes with each push (RFC 8292).

A browser subscribes for the public half, and its push service takes pushes for that subscription from the holder of the
private one alone: whoever loses the key loses every subscription.
"""

import base64
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from aftercare.errors import AftercareError

# Push services take a day at most; half of it forgives clocks that are hours off in either direction.
_HOLDS: Final = timedelta(hours=12)


class VapidKeyError(AftercareError):
    """The key for Web Push cannot be read: give a P-256 private key in PEM (openssl ecparam -name prime256v1 -genkey -noout)."""


class VapidKey:
    """The key pair and `subject`, a mailto: or https: address at which a push service reaches the operator."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, subject: str) -> None:
        """Nothing is checked here: see `read_vapid_key`."""
        self._private = private
        self._subject = subject
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = (
            base64.urlsafe_b64encode(point).rstrip(b"=").decode()
        )  # a browser's applicationServerKey

    def __repr__(self) -> str:
        """Reach logs with the public half alone."""
        return f"VapidKey({self.public})"

    def authorization(self, endpoint: str, *, now: datetime) -> str:
        """Sign the Authorization header of one push: good for the endpoint's origin, for half a day."""
        there = urlsplit(endpoint)
        claims = {
            "aud": f"{there.scheme}://{there.netloc}",
            "exp": int((now + _HOLDS).timestamp()),
            "sub": self._subject,
        }
        return f"vapid t={jwt.encode(claims, self._private, algorithm='ES256')}, k={self.public}"


def new_vapid_key() -> str:
    """A fresh private key as it is written in the setting or the file."""
    private = ec.generate_private_key(ec.SECP256R1())
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_vapid_key(text: str, *, subject: str) -> VapidKey:
    """The key as it is written: PEM, also on one line with backslash-n between its lines. Raises VapidKeyError."""
    try:
        private = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise VapidKeyError from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise VapidKeyError
    return VapidKey(private, subject)


def development_vapid_key(file: Path, *, subject: str) -> VapidKey:
    """The key of a development machine: made on first use. Several processes may come here at once."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        drawn = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        drawn.touch(mode=0o600, exist_ok=False)
        drawn.write_text(new_vapid_key())
        try:
            os.link(drawn, file)  # whole or not at all, and only the first of several
        except FileExistsError:
            pass
        finally:
            drawn.unlink()
    return read_vapid_key(file.read_text(), subject=subject)
