"""Opaque secrets: made here, told once, kept as hashes. Each carries its clinic, so that a look-up knows where to look."""

import base64
import binascii
import hashlib
import secrets
from uuid import UUID

from aftercare.errors import AftercareError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U to be misread
_MISREAD = str.maketrans("ILO", "110")
_CODE_LENGTH = 10  # 50 bits, single use, throttled


class MalformedSecret(AftercareError):
    """This is not a token or code of ours."""

    status = 401
    type = "not-signed-in"
    title = "Not signed in"


def mint(clinic_id: UUID, prefix: str) -> str:
    """A new secret such as `acp_...`: the clinic's id and 256 random bits."""
    return prefix + base64.urlsafe_b64encode(clinic_id.bytes + secrets.token_bytes(32)).decode()


def clinic_of(secret: str, prefix: str) -> UUID:
    """The clinic that a secret names (which proves nothing yet). Raises MalformedSecret."""
    try:
        raw = base64.b64decode(secret.removeprefix(prefix).encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise MalformedSecret from None
    if not secret.startswith(prefix) or len(raw) != 48:
        raise MalformedSecret
    return UUID(bytes=raw[:16])


def digest(secret: str) -> bytes:
    """What is stored of a secret: SHA-256, 32 bytes. Enough for 256 random bits; a code is throttled besides."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def mint_code(handle: str) -> str:
    """A new enrolment code as it is read aloud: `harbour.7K2M9-QXDRT`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{handle}.{letters[:5]}-{letters[5:]}"


def split_code(code: str) -> tuple[str, str]:
    """(the clinic's handle, the code as it is hashed) of what a patient typed. Raises MalformedSecret."""
    handle, _, letters = code.strip().lower().rpartition(".")
    letters = letters.upper().replace("-", "").replace(" ", "").translate(_MISREAD)
    if not handle or len(letters) != _CODE_LENGTH or set(letters) - set(_ALPHABET):
        raise MalformedSecret("This is not an enrolment code. It looks like clinic.ABCDE-12345.")
    return handle, f"{handle}.{letters}"
