"""Access tokens for Google's services: a service account signs for itself (RFC 7523) and is given a token for an hour.

One token serves every task: it is asked for once, however many wait, and well before it ends, while the one before is
still used. Whoever waited hears of the same failure; nobody asks again for each message.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Annotated, Final, Unpack
from urllib.parse import urlencode

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aftercare.notify.channel import NotDeliveredError, Retry, our_fault
from aftercare.notify.http import ABOUT_THE_REQUEST, Answer, may_be_trusted, read_as
from aftercare.notify.kept import OutOptions, clock_of, out_to

_LIFE: Final = timedelta(hours=1)
# Early enough that a slow clock and a slow answer do no harm.
_EARLY: Final = timedelta(minutes=5)
# So long before its end a token may still be sent: it ends on no way that takes so little.
_SURE: Final = timedelta(minutes=1)
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What Google's console writes into the key's file."""

    project_id: str
    private_key_id: str
    private_key: str
    client_email: str
    token_uri: str

    def __repr__(self) -> str:
        """Reach logs without the key."""
        return f"ServiceAccount(project_id={self.project_id!r})"


def read_service_account(text: bytes) -> ServiceAccount:
    """Read the JSON file of a service account. Raises `ValueError`, one sentence, without what was read."""
    try:
        account = msgspec.json.decode(text, type=ServiceAccount)
        key = load_pem_private_key(account.private_key.encode(), password=None)
    except (msgspec.MsgspecError, ValueError, TypeError):
        raise ValueError("the file of the service account is not one that Google's console wrote") from None
    if not isinstance(key, RSAPrivateKey) or not may_be_trusted(account.token_uri):
        raise ValueError("the file of the service account holds no RSA key or no https address for tokens")
    if not account.project_id.replace("-", "").isalnum() or not account.project_id.isascii():
        raise ValueError("the file of the service account names no project")
    return account


class _Token(msgspec.Struct, frozen=True):
    text: str
    ends: datetime

    def __repr__(self) -> str:
        return f"_Token(ends={self.ends.isoformat()})"


class _Granted(msgspec.Struct, frozen=True):
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,4000}\Z")]  # it becomes a header
    expires_in: float


class GoogleTokens:
    """The token of one service account for one scope. Belongs to one event loop."""

    def __init__(self, account: ServiceAccount, scope: str, **options: Unpack[OutOptions]) -> None:
        """Nothing is asked before the first token is needed."""
        self._account = account
        self._scope = scope
        self._clock = clock_of(options)
        self._out = out_to(account.token_uri, **options)
        self._token: _Token | None = None
        self._asking: asyncio.Task[_Token | NotDeliveredError] | None = None

    async def current(self) -> str:
        """Give a token that is good for a minute more, or that cannot be renewed and has not ended. Raises `Retry`."""
        token, now = self._token, self._clock()
        if token is not None and now < token.ends - _EARLY:
            return token.text
        asking = self._ask_once()
        if token is not None and now < token.ends - _SURE:
            return token.text  # an emergency does not wait for the next one
        # Shielded: one message that is given up must not take the token from all that wait for it.
        answer = await asyncio.shield(asking)
        if isinstance(answer, _Token):
            return answer.text
        if token is not None and self._clock() < token.ends:
            return token.text
        # A failure of its own for each who waited: they raise it.
        wish = answer.retry_after if isinstance(answer, Retry) else None
        raise Retry(f"token: {answer.answer}", retry_after=wish)

    def drop(self, token: str) -> None:
        """Forget `token`, which was not accepted; a newer one stays."""
        if self._token is not None and self._token.text == token:
            self._token = None

    async def close(self) -> None:
        """End what is still being asked."""
        if self._asking is not None:
            self._asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._asking

    def _ask_once(self) -> asyncio.Task[_Token | NotDeliveredError]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return self._asking

    async def _ask(self) -> _Token | NotDeliveredError:
        asked_at = self._clock()
        form = urlencode({"grant_type": _GRANT, "assertion": self._assertion(asked_at)})
        headers = [("content-type", "application/x-www-form-urlencoded")]
        try:
            answer = await self._out.post(self._account.token_uri, headers, form.encode())
            self._token = _read(answer, asked_at)
        except NotDeliveredError as failure:
            return failure
        else:
            return self._token

    def _assertion(self, now: datetime) -> str:
        claims = {
            "iss": self._account.client_email,
            "scope": self._scope,
            "aud": self._account.token_uri,
            "iat": int(now.timestamp()),
            "exp": int((now + _LIFE).timestamp()),
        }
        headers = {"kid": self._account.private_key_id}
        return jwt.encode(claims, self._account.private_key, algorithm="RS256", headers=headers)


def _read(answer: Answer, asked_at: datetime) -> _Token:
    if answer.status == 200:
        granted = read_as(answer, _Granted)
        if granted is None:
            raise Retry("200 without a token")
        life = min(max(granted.expires_in, 0.0), _LIFE.total_seconds())
        return _Token(granted.access_token, asked_at + timedelta(seconds=life))
    if answer.status in ABOUT_THE_REQUEST | {401, 403, 404} or answer.status < 400:
        # invalid_grant: the key was withdrawn, or this machine's clock is wrong.
        raise our_fault(f"{answer.status}: the service account's key, or this machine's clock")
    raise Retry(str(answer.status), retry_after=answer.retry_after)
