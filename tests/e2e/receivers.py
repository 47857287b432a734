"""Real receivers on 127.0.0.1 that record what arrives and answer as they are told: SMTP and HTTP.

Used by the tests of the channels and end to end. Both are async context managers on the running loop, on a free port.
"""

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from typing import Any, Self

import msgspec
from aiosmtpd.smtp import SMTP

HANG = "hang"  # never answer
CUT = "cut"  # reset the connection
PATIENCE = 30.0  # seconds: a bound for what must come, far beyond when it comes


class _Receiver:
    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Condition()
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _wait(self, ready: Callable[[], bool], timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(ready)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _close(self) -> None:
        assert self._server is not None
        self._ended.set()
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._tasks)


class ReceivedMail(msgspec.Struct, frozen=True):
    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    over_tls: bool
    user: str | None = None

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, subtype: str) -> str:
        body = self.message.get_body((subtype,))
        assert isinstance(body, EmailMessage)
        return str(body.get_content()).replace("\r\n", "\n")


class SmtpReceiver(_Receiver):
    """A relay. `replies` maps a stage (`ehlo`, `mail`, `rcpt`, `data`, `quit`) to a reply line, `HANG` or `CUT`."""

    def __init__(
        self,
        *,
        replies: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        super().__init__()
        self.replies = replies or {}
        self.mails: list[ReceivedMail] = []
        self.stages: list[str] = []
        self._tls = tls
        self._implicit = implicit_tls
        self._account = (user, password)
        self._dialogues: list[Any] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        tls = self._tls if self._implicit else None
        self._server = await loop.create_server(self._dialogue, "127.0.0.1", 0, ssl=tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        for dialogue in self._dialogues:
            if dialogue.transport is not None:
                dialogue.transport.abort()
        await self._close()

    async def wait_for(self, count: int, *, timeout_s: float = PATIENCE) -> list[ReceivedMail]:
        await self._wait(lambda: len(self.mails) >= count, timeout_s)
        return self.mails

    def of(self, recipient: str) -> list[ReceivedMail]:
        return [one for one in self.mails if recipient in one.recipients]

    async def wait_for_mail_of(self, recipient: str, count: int = 1) -> list[ReceivedMail]:
        """Somebody's mails once there are so many, whatever else arrived for others."""
        await self._wait(lambda: len(self.of(recipient)) >= count, PATIENCE)
        return self.of(recipient)

    def _dialogue(self) -> Any:
        dialogue = SMTP(
            self,
            hostname="relay.test",
            loop=asyncio.get_running_loop(),
            tls_context=None if self._implicit else self._tls,
            auth_require_tls=False,
            authenticator=self._authenticate if self._account[0] else None,
        )
        self._dialogues.append(dialogue)
        return dialogue

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult  # noqa: PLC0415 - aiosmtpd has no types

        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._account, handled=False, auth_data=data.login.decode())

    async def _reply(self, server: Any, stage: str) -> str | None:
        self.stages.append(stage)
        await self._note()
        reply = self.replies.get(stage)
        if reply == CUT:
            server.transport.abort()
        if reply in {HANG, CUT}:
            await self._ended.wait()
        return reply

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names, here and below
        self, server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        reply = await self._reply(server, "ehlo")
        return [reply] if reply else responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        reply = await self._reply(server, "mail")
        if reply is None:
            envelope.mail_from = address
        return reply or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        reply = await self._reply(server, "rcpt")
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = ReceivedMail(
            sender=envelope.mail_from,
            recipients=tuple(envelope.rcpt_tos),
            raw=envelope.original_content,
            over_tls=server.transport.get_extra_info("sslcontext") is not None,
            user=session.auth_data if session.authenticated else None,
        )
        reply = await self._reply(server, "data")
        if reply is None:
            self.mails.append(mail)
            await self._note()
        return reply or "250 2.0.0 taken"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return await self._reply(server, "quit") or "221 2.0.0 bye"


class ReceivedRequest(msgspec.Struct, frozen=True):
    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Exchange(msgspec.Struct, frozen=True):
    """One request being answered."""

    request: ReceivedRequest
    writer: asyncio.StreamWriter
    ended: asyncio.Event

    async def answer(self, status: int, *headers: str, body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status} Scripted", *headers, f"Content-Length: {len(body)}", "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)
        await self.writer.drain()

    async def hang(self) -> None:
        await self.ended.wait()

    def cut(self) -> None:
        self.writer.transport.abort()

    async def drip(self, text: bytes, *, every_s: float) -> None:
        """Send `text` over and over, byte by byte, as slowly as keeps a per-read timeout content."""
        with contextlib.suppress(ConnectionError):
            while not self.ended.is_set():
                for byte in text:
                    self.writer.write(bytes([byte]))
                    await self.writer.drain()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.ended.wait(), every_s)

    async def pour(self, block: bytes) -> None:
        """Send `block` over and over, as fast as the client takes it, until it leaves."""
        with contextlib.suppress(ConnectionError):
            while not self.ended.is_set():
                self.writer.write(block)
                await self.writer.drain()


def status(code: int, *headers: str, body: bytes = b"") -> Callable[[Exchange], Awaitable[None]]:
    """Answer every request with `code` and header lines."""

    async def script(exchange: Exchange) -> None:
        await exchange.answer(code, *headers, body=body)

    return script


class WebhookReceiver(_Receiver):
    """An HTTP/1.1 server of one request per connection, with or without TLS, answering 204 or by `script`."""

    def __init__(
        self,
        script: Callable[[Exchange], Awaitable[None]] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self.script = script or status(204)
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def wait_for(self, count: int, *, timeout_s: float = PATIENCE) -> list[ReceivedRequest]:
        await self._wait(lambda: len(self.requests) >= count, timeout_s)
        return self.requests

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            request = await _read_request(reader)
            self.requests.append(request)
            await self._note()
            await self.script(Exchange(request, writer, self._ended))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left; what it sent before is recorded
        finally:
            writer.transport.abort() if writer.is_closing() else writer.close()


async def _read_request(reader: asyncio.StreamReader) -> ReceivedRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return ReceivedRequest(method, target, headers, body)
