"""Passwords: argon2id, off the event loop, a few at a time because each takes 64 MiB."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # RFC 9106, low-memory profile
# Threads rather than a semaphore, which would belong to one event loop: who hangs up leaves the queue all the same.
_at_work = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


async def hash_password(password: str) -> str:
    """The encoded argon2id hash of a password."""
    return await asyncio.get_running_loop().run_in_executor(_at_work, _hasher.hash, password)


async def verify_password(encoded: str | None, password: str) -> bool:
    """Whether the password is right. Without a hash (no such account) it takes as long and says no."""
    return await asyncio.get_running_loop().run_in_executor(_at_work, _verify, encoded, password)


def _verify(encoded: str | None, password: str) -> bool:
    try:
        return _hasher.verify(encoded or _nobody(), password) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
