"""Mail over SMTP: one bounded dialogue per message with the clinic's or operator's relay.

What an answer means depends on what was asked. Before the letter is offered (connecting, TLS, signing in) a failure is
about the relay's door and says nothing about the letter: it is tried again, so that a repaired password or certificate
lets the alerts of the last day through. From MAIL FROM on, 4xx is temporary and 5xx final (RFC 5321 4.2.1). An address
is retired only when the answer says that the mailbox does not exist (RFC 3463 X.1.1, X.1.2, X.1.3, X.1.6, X.1.10, or a
bare 551, "user not local"). A bare 550 or 553 is as often a policy's answer as a mailbox's, and X.2.1 ("disabled") as
often a mailbox that gets too much in an hour as one that is closed; retiring a practitioner's address by mistake would
silence real alerts: these are refused, not retired.
"""

import asyncio
import contextlib
import re
import ssl
from enum import StrEnum
from typing import Final, cast

import aiosmtplib
import msgspec

from aftercare.model.messages import OutgoingMessage
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry
from aftercare.notify.mail import check, compose, mailbox

_QUIT_S: Final = 2.0
_NO_SUCH_MAILBOX: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_MAILBOX_FULL: Final = "5.2.2"
_ENHANCED: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class TlsMode(StrEnum):
    """How the connection is protected. `starttls` insists: a relay that does not offer it gets nothing."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The relay. Raises `ValueError` for a malformed `from_address` and for a password that would travel in the clear."""

    host: str
    port: int
    from_address: str
    tls: TlsMode = TlsMode.STARTTLS
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None  # PEM of a private certificate authority
    connect_timeout_s: float = 10.0
    command_timeout_s: float = 30.0
    total_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        try:
            mailbox(self.from_address)
        except Refused:
            raise ValueError("the sender of mails must be one plain mail address") from None
        if self.tls is TlsMode.NONE and self.user and self.host not in _LOOPBACK:
            raise ValueError(
                "signing in to a mail relay needs starttls or tls, or the password travels in the clear"
            )

    def __repr__(self) -> str:
        """Reach logs without user and password."""
        return f"SmtpSettings(host={self.host!r}, port={self.port}, tls={self.tls.value})"


class Stage(StrEnum):
    """How far the dialogue had come."""

    CONNECT = "connect"
    MAIL = "mail"
    RECIPIENT = "rcpt"
    DATA = "data"


class SmtpChannel:
    """Mail through one relay; a connection per message."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Load the trusted authorities; raises `OSError` if `ca_file` cannot be read."""
        self._settings = settings
        self._from = mailbox(settings.from_address)
        self._tls = None
        if settings.tls is not TlsMode.NONE:
            self._tls = ssl.create_default_context(cafile=settings.ca_file)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the mail to the relay. Raises `Retry`, `Retired`, `Refused`.

        A connection that breaks after the mail was handed over but before the relay's answer is a `Retry`: a second
        copy carries the same Message-ID.
        """
        check(message)
        dialogue = _Dialogue(self._client(), self._settings)
        failure: NotDeliveredError
        try:
            async with asyncio.timeout(self._settings.total_timeout_s):
                answer = await dialogue.hand_over(message, self._from)
            await dialogue.part()
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            failure = _judge(dialogue.stage, error)
        else:
            return Receipt(answer)
        finally:
            dialogue.hang_up()
        # Outside of the except: aiosmtplib's exceptions hold the address and the server's free text.
        raise failure

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            # Otherwise the library looks up this machine's name in DNS for every mail, and tells it.
            local_hostname=self._from.rpartition("@")[2],
            timeout=settings.command_timeout_s,
            use_tls=settings.tls is TlsMode.TLS,
            start_tls=settings.tls is TlsMode.STARTTLS,
            tls_context=self._tls,
            username=settings.user,
            password=settings.password,
        )


class _Dialogue:
    def __init__(self, client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
        self.stage = Stage.CONNECT
        self._client = client
        self._settings = settings

    async def hand_over(self, message: OutgoingMessage, sender: str) -> str:
        await self._client.connect(timeout=self._settings.connect_timeout_s)
        self.stage = Stage.MAIL
        await self._client.mail(sender)
        self.stage = Stage.RECIPIENT
        await self._client.rcpt(mailbox(message.address))
        self.stage = Stage.DATA
        # Written only now: of mails that go at once, the first is handed over while the others are still unwritten.
        response = await self._client.data(compose(message, from_address=sender))
        return _codes(response.code, response.message)

    async def part(self) -> None:
        # The letter is taken; how the goodbye goes changes nothing.
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=_QUIT_S)

    def hang_up(self) -> None:
        transport = self._client.transport
        if transport is not None:
            # close() would first flush and say goodbye to a peer that may have stopped listening.
            cast("asyncio.WriteTransport", transport).abort()
        self._client.close()


def _codes(code: int, text: str) -> str:
    enhanced = _ENHANCED.match(text)
    return f"{code} {enhanced[0]}" if enhanced else str(code)


def _judge(stage: Stage, error: Exception) -> NotDeliveredError:
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        # The greeting may only come with MAIL, but is still about the door.
        greeting = isinstance(error, aiosmtplib.SMTPHeloError)
        return _judge_answer(Stage.CONNECT if greeting else stage, error.code, error.message)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Retry(f"{stage.value}: tls failed")
    if isinstance(error, TimeoutError):
        return Retry(f"{stage.value}: timeout")
    if isinstance(error, OSError):
        return Retry(f"{stage.value}: connection failed or lost")
    # Left: starttls or a way to sign in not offered, or an answer that is not SMTP.
    return Retry(f"{stage.value}: not understood")


def _judge_answer(stage: Stage, code: int, text: str) -> NotDeliveredError:
    codes = _codes(code, text)
    enhanced = codes.partition(" ")[2]
    answer = f"{stage.value}: {codes}"
    if not 500 <= code < 600 or stage is Stage.CONNECT:
        return Retry(answer)
    if stage is Stage.MAIL:
        return Refused(answer)
    # Someone empties a mailbox within a day more often than never, whatever the first digit claims.
    if enhanced == _MAILBOX_FULL or (code == 552 and not enhanced):
        return Retry(answer)
    if enhanced in _NO_SUCH_MAILBOX or (code == 551 and not enhanced):
        return Retired(answer)
    return Refused(answer)
