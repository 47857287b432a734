"""Firebase Cloud Messaging, HTTP v1: pushes to phones whose app's publisher has a Firebase project.

To Android the message is data alone and the app shows it: FCM keeps only the newest of the *notifications* that wait for
a phone which is away, and ignores every collapse key among them, so that a routine one would take an emergency's
place. Data without a collapse key is kept, up to a hundred; shown again about one alert it takes the earlier one's place
by its `tag`. To Apple's phones the same request carries what APNs shows by itself.

Which answers end what: UNREGISTERED and SENDER_ID_MISMATCH retire the address, and so does INVALID_ARGUMENT where it
names the token; any other INVALID_ARGUMENT is about our payload and refused, since retiring for it would silence
everyone at once. 401 and 403 are about the project's key or its rights: tried again rarely. 429, 5xx and the rest are
tried again.
"""

import re
from datetime import datetime
from typing import Final, Unpack

import msgspec

from aftercare.model.messages import OutgoingMessage
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry, our_fault
from aftercare.notify.google import GoogleTokens, ServiceAccount
from aftercare.notify.http import Answer, may_be_trusted, read_as
from aftercare.notify.kept import KeptOut, OutOptions, clock_of
from aftercare.notify.push import (
    ApplePayload,
    PushData,
    apple_payload,
    keep_for,
    push_data,
    replaces,
    wakes,
)

DEFAULT_URL: Final = "https://fcm.googleapis.com"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_:.-]{20,4000}")
_SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
# Google asks for a minute where a quota is used up and no Retry-After says otherwise.
_QUOTA_PAUSE_S: Final = 60.0
_KNOWN: Final = frozenset(
    {
        "INTERNAL",
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "PERMISSION_DENIED",
        "QUOTA_EXCEEDED",
        "RESOURCE_EXHAUSTED",
        "SENDER_ID_MISMATCH",
        "THIRD_PARTY_AUTH_ERROR",
        "UNAUTHENTICATED",
        "UNAVAILABLE",
        "UNREGISTERED",
    }
)


class Android(msgspec.Struct, frozen=True):
    """How it travels to an Android phone."""

    priority: str
    ttl: str


class Apple(msgspec.Struct, frozen=True):
    """How it travels to an Apple phone."""

    headers: dict[str, str]
    payload: ApplePayload


class FcmMessage(msgspec.Struct, frozen=True):
    """One message to one phone. FCM wants every value of `data` as text."""

    token: str
    data: PushData
    android: Android
    apns: Apple


class FcmRequest(msgspec.Struct, frozen=True):
    """The body."""

    message: FcmMessage


class FcmChannel:
    """Pushes through one Firebase project. Belongs to one event loop; `close` it at the end."""

    def __init__(
        self, account: ServiceAccount, *, url: str = DEFAULT_URL, **options: Unpack[OutOptions]
    ) -> None:
        """`url` is another one than Google's for tests and for whoever goes through a gateway of their own.

        Raises `ValueError` for one to which no token may travel.
        """
        if not may_be_trusted(url):
            raise ValueError("the address of Firebase Cloud Messaging must begin with https://")
        self._url = f"{url}/v1/projects/{account.project_id}/messages:send"
        self._clock = clock_of(options)
        self._tokens = GoogleTokens(account, _SCOPE, **options)
        self._out = KeptOut(url, **options)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one push to FCM. Raises `Retry`, `Retired`, `Refused`."""
        if not _TOKEN.fullmatch(message.address):
            raise Refused("address malformed")
        body = msgspec.json.encode(FcmRequest(_message(message, self._clock())))
        token = await self._tokens.current()
        answer = await self._post(body, token)
        if answer.status == 401 and _read(answer).code != "THIRD_PARTY_AUTH_ERROR":
            # Withdrawn before its time: a new one is asked for at once, since what is our fault waits for minutes.
            self._tokens.drop(token)
            answer = await self._post(body, await self._tokens.current())
        if 200 <= answer.status < 300:
            return Receipt(str(answer.status))
        raise _judge(answer, _read(answer))

    async def close(self) -> None:
        """Close what is kept open."""
        await self._tokens.close()
        await self._out.close()

    async def _post(self, body: bytes, token: str) -> Answer:
        headers = [("authorization", f"Bearer {token}"), ("content-type", "application/json")]
        return await self._out.post(self._url, headers, body)


def _message(message: OutgoingMessage, now: datetime) -> FcmMessage:
    lifetime = keep_for(message)
    return FcmMessage(
        token=message.address,
        data=push_data(message),
        android=Android("HIGH" if wakes(message) else "NORMAL", f"{int(lifetime.total_seconds())}s"),
        apns=Apple(
            {
                "apns-push-type": "alert",
                "apns-priority": "10" if wakes(message) else "5",
                "apns-expiration": str(int((now + lifetime).timestamp())),
                "apns-collapse-id": replaces(message),
            },
            apple_payload(message),
        ),
    )


class _Error(msgspec.Struct, frozen=True):
    code: str = ""
    about_the_token: bool = False


class _Violation(msgspec.Struct, frozen=True):
    field: str = ""


class _Detail(msgspec.Struct, frozen=True):
    error_code: str = msgspec.field(default="", name="errorCode")
    violations: list[_Violation] = msgspec.field(default_factory=list, name="fieldViolations")


class _Status(msgspec.Struct, frozen=True):
    status: str = ""
    details: list[_Detail] = []


class _Said(msgspec.Struct, frozen=True):
    error: _Status


def _read(answer: Answer) -> _Error:
    said = read_as(answer, _Said)
    if said is None:
        return _Error()
    error = said.error
    codes = [detail.error_code for detail in error.details] + [error.status]
    fields = {violation.field for detail in error.details for violation in detail.violations}
    return _Error(next((code for code in codes if code in _KNOWN), ""), "message.token" in fields)


def _judge(answer: Answer, error: _Error) -> NotDeliveredError:
    said = f"{answer.status} {error.code}".rstrip()
    if error.code in {"UNREGISTERED", "SENDER_ID_MISMATCH"}:
        return Retired(said)
    if error.code == "INVALID_ARGUMENT" and error.about_the_token:
        return Retired(f"{said}: not a token of this project")
    if answer.status in {400, 413}:
        return Refused(said)
    if answer.status == 429:
        return Retry(said, retry_after=_QUOTA_PAUSE_S if answer.retry_after is None else answer.retry_after)
    if answer.status >= 500 or answer.status == 408:
        return Retry(said, retry_after=answer.retry_after)
    return our_fault(f"{said}: the Firebase project or its service account", retry_after=answer.retry_after)
