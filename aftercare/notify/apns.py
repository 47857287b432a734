"""Apple Push Notification service, for phones whose app's publisher has a key for it: HTTP/2 and one signed token.

Which answers end what: 410 retires the address, and so do BadDeviceToken and DeviceTokenNotForTopic. 413 and other 400s
are refused. ExpiredProviderToken is answered with a new token at once; other 403s, a wrong topic and a wrong path are
about our key or settings and tried again rarely. 429, 5xx and the rest are tried again.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Unpack

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aftercare.model.messages import OutgoingMessage
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry, our_fault
from aftercare.notify.http import Answer, may_be_trusted, read_as
from aftercare.notify.kept import KeptOut, OutOptions, clock_of
from aftercare.notify.push import apple_payload, keep_for, replaces, wakes

DEFAULT_URL: Final = "https://api.push.apple.com"
_DEVICE: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){16,100}")
_ID: Final = re.compile(r"[A-Z0-9]{10}")
_TOPIC: Final = re.compile(r"[A-Za-z0-9.-]{1,255}")
# Apple refuses a token older than an hour, and one that changes more often than every 20 minutes.
_TOKEN_LIFE: Final = timedelta(minutes=40)
_TOKEN_REST: Final = timedelta(minutes=20)
_GONE: Final = frozenset({"BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken", "Unregistered"})
_OURS: Final = frozenset(
    {
        "BadCertificate",
        "BadCertificateEnvironment",
        "BadEnvironmentKeyIdInToken",
        "BadPath",
        "BadTopic",
        "Forbidden",
        "InvalidProviderToken",
        "MissingProviderToken",
        "MissingTopic",
        "TopicDisallowed",
        "UnrelatedKeyIdInToken",
    }
)
_PASSING: Final = frozenset(
    {"IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown", "TooManyRequests"}
)
_KNOWN: Final = (
    _GONE | _OURS | _PASSING | {"ExpiredProviderToken", "PayloadTooLarge", "TooManyProviderTokenUpdates"}
)


class ApnsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The publisher's key. Raises `ValueError`, one sentence, for what cannot work."""

    key: str  # PEM, as in the .p8 file
    key_id: str
    team_id: str
    topic: str  # the app's bundle id
    url: str = DEFAULT_URL

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.key_id) or not _ID.fullmatch(self.team_id):
            raise ValueError("the ids of Apple's key and team are ten capital letters and digits each")
        if not _TOPIC.fullmatch(self.topic):
            raise ValueError("the topic of pushes to Apple's phones is the app's bundle id")
        if not may_be_trusted(self.url):
            raise ValueError("the address of Apple's push service must begin with https://")
        self.signing_key()

    def signing_key(self) -> EllipticCurvePrivateKey:
        """The key, read."""
        try:
            key = load_pem_private_key(self.key.encode(), password=None)
        except (ValueError, TypeError):
            key = None
        match key:
            case EllipticCurvePrivateKey(curve=SECP256R1()):
                return key
            case _:
                raise ValueError("the key for Apple's push service is not one as in its .p8 file")

    def __repr__(self) -> str:
        """Reach logs without the key."""
        return f"ApnsSettings(topic={self.topic!r})"


class ApnsChannel:
    """Pushes to one app. Belongs to one event loop; `close` it at the end."""

    def __init__(self, settings: ApnsSettings, **options: Unpack[OutOptions]) -> None:
        """Nothing is opened before the first push."""
        self._settings = settings
        self._clock = clock_of(options)
        self._tokens = _ProviderTokens(settings)
        self._out = KeptOut(settings.url, **options)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one push to APNs. Raises `Retry`, `Retired`, `Refused`."""
        if not _DEVICE.fullmatch(message.address):
            raise Refused("address malformed")
        body = msgspec.json.encode(apple_payload(message))
        token = self._tokens.current(self._clock())
        answer = await self._post(message, body, token)
        if _reason(answer) == "ExpiredProviderToken":
            newer = self._tokens.instead_of(token, self._clock())
            answer = await self._post(message, body, newer) if newer != token else answer
        if answer.status == 200:
            return Receipt("200")
        raise _judge(answer)

    async def close(self) -> None:
        """Close the connection."""
        await self._out.close()

    async def _post(self, message: OutgoingMessage, body: bytes, token: str) -> Answer:
        headers = [
            ("authorization", f"bearer {token}"),
            ("apns-topic", self._settings.topic),
            ("apns-push-type", "alert"),
            ("apns-priority", "10" if wakes(message) else "5"),
            ("apns-expiration", str(int((self._clock() + keep_for(message)).timestamp()))),
            ("apns-id", str(message.id)),
            ("apns-collapse-id", replaces(message)),
        ]
        return await self._out.post(f"{self._settings.url}/3/device/{message.address}", headers, body)


class _ProviderTokens:
    """One token for all that is sent."""

    def __init__(self, settings: ApnsSettings) -> None:
        self._settings = settings
        self._key = settings.signing_key()
        self._token = ""
        self._made_at: datetime | None = None

    def current(self, now: datetime) -> str:
        # A clock that was put back makes a new one, too: Apple would see a token from the future.
        if self._made_at is None or not timedelta() <= now - self._made_at < _TOKEN_LIFE:
            self._make(now)
        return self._token

    def instead_of(self, token: str, now: datetime) -> str:
        """A newer one than `token`; the same if Apple would not take another one so soon."""
        if token == self._token and self._made_at is not None and now - self._made_at >= _TOKEN_REST:
            self._make(now)
        return self._token

    def _make(self, now: datetime) -> None:
        claims = {"iss": self._settings.team_id, "iat": int(now.timestamp())}
        headers = {"kid": self._settings.key_id}
        self._token = jwt.encode(claims, self._key, algorithm="ES256", headers=headers)
        self._made_at = now


class _Said(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=100)] = ""


def _reason(answer: Answer) -> str:
    """Why not, in Apple's word; empty if it is none that we know."""
    said = read_as(answer, _Said)
    return said.reason if said is not None and said.reason in _KNOWN else ""


def _judge(answer: Answer) -> NotDeliveredError:
    reason = _reason(answer)
    said = f"{answer.status} {reason}".rstrip()
    if answer.status == 410 or reason in _GONE:
        return Retired(said)
    if reason == "TooManyProviderTokenUpdates":
        return Retry(said, retry_after=_TOKEN_REST.total_seconds())
    if reason in _PASSING or answer.status in {408, 429} or answer.status >= 500:
        return Retry(said, retry_after=answer.retry_after)
    if reason == "ExpiredProviderToken":
        return our_fault(f"{said}: this machine's clock")
    if reason in _OURS or answer.status not in {400, 405, 413}:
        return our_fault(f"{said}: the key, the topic or the address of the push service")
    return Refused(said)
