"""The demo's local inbox: a real SMTP receiver on our own loop that keeps the last mails, and pages to read them.

For `aftercare demo` and development only: it takes mail from anyone who reaches its port, so it belongs on 127.0.0.1.
"""

import asyncio
import logging
import re
import socket
from collections import deque
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from html import escape
from typing import Any, Final, Self

import msgspec
from aiosmtpd.smtp import SMTP

from aftercare.settings import Settings

# At INFO it writes the addresses of every mail into the log.
logging.getLogger("mail.log").setLevel(logging.WARNING)

_MAX_BYTES: Final = 1 << 20
_LINK: Final = re.compile(r"https?://[^\s<>\"]+")


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One received mail; `number` counts from 1."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    raw: bytes

    def __repr__(self) -> str:
        """Reach logs without addresses and contents."""
        return f"Mail(number={self.number})"


class Inbox:
    """Keeps the last `limit` mails in memory; `async with` starts and stops the receiver."""

    def __init__(self, *, limit: int = 200) -> None:
        self._socket: socket.socket | None = None
        self._mails: deque[Mail] = deque(maxlen=limit)
        self._count = 0
        self._server: asyncio.Server | None = None
        self._dialogues: list[Any] = []
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def take_port(self) -> Self:
        """Take a free port of this machine, for who must know it before the start: `port`."""
        self._socket = _on_a_free_port()
        return self

    def relay_of(self, settings: Settings) -> Settings:
        """The settings with this inbox as the mail's relay."""
        return msgspec.structs.replace(
            settings,
            smtp_host="127.0.0.1",
            smtp_port=self.port,
            smtp_tls="none",
            smtp_user="",
            smtp_password="",
            mail_from="clinic@demo.invalid",
        )

    async def start(self) -> None:
        """Receive from now on."""
        self._socket = self._socket or _on_a_free_port()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._open_dialogue, sock=self._socket)

    async def stop(self) -> None:
        """Stop listening and end open dialogues; the mails stay."""
        if self._server is None:
            return
        self._server.close()
        for dialogue in self._open():
            dialogue.transport.abort()
        await self._server.wait_closed()
        self._server = self._socket = None

    @property
    def port(self) -> int:
        """The port listened on. Raises `RuntimeError` before one was taken."""
        if self._socket is None:
            raise RuntimeError("the inbox has no port yet")
        return int(self._socket.getsockname()[1])

    def messages(self) -> tuple[Mail, ...]:
        """Give the kept mails, newest first."""
        return tuple(reversed(self._mails))

    def mail(self, number: int) -> Mail | None:
        """Give the mail of that number, if it is still kept."""
        return next((mail for mail in self._mails if mail.number == number), None)

    async def wait_for(self, count: int) -> tuple[Mail, ...]:
        """Wait until `count` mails have come since the start; the kept ones, newest first."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: self._count >= count)
        return self.messages()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep one mail (called by aiosmtpd)."""
        async with self._arrived:
            self._count += 1
            self._mails.append(_read(self._count, envelope))
            self._arrived.notify_all()
        return "250 2.0.0 kept"

    def _open_dialogue(self) -> Any:
        # A host name is given so that the library does not look one up in DNS.
        dialogue = SMTP(
            self,
            hostname="localhost",
            data_size_limit=_MAX_BYTES,
            timeout=60,
            loop=asyncio.get_running_loop(),
        )
        self._dialogues = [*self._open(), dialogue]
        return dialogue

    def _open(self) -> list[Any]:
        return [dialogue for dialogue in self._dialogues if dialogue.transport is not None]


def _on_a_free_port() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def render_inbox(inbox: Inbox, *, base: str = "/inbox") -> str:
    """Write the page that lists the mails, newest first; `base` is the path under which `{base}/{number}` opens one."""
    rows = "".join(
        f'<li><a href="{escape(base)}/{mail.number}"><strong>{escape(mail.subject or "(no subject)")}</strong>'
        f"<span>{escape(', '.join(mail.recipients))}</span>{_time(mail)}</a></li>\n"
        for mail in inbox.messages()
    )
    empty = (
        '<p class="muted">Mails that Aftercare sends appear here. Raise an alert, or wait for a reminder.</p>'
    )
    return _page("Inbox", f'<ul class="card">\n{rows}</ul>' if rows else empty)


def render_mail(mail: Mail, *, base: str = "/inbox") -> str:
    """Write the page of one mail: its text with links to follow, and its HTML part in a frame that runs nothing."""
    html = (
        f'<h2>As HTML</h2>\n<iframe title="The HTML part" sandbox="allow-popups allow-popups-to-escape-sandbox"'
        f' srcdoc="{escape(mail.html)}"></iframe>'
        if mail.html
        else ""
    )
    return _page(
        mail.subject or "(no subject)",
        f'<p><a href="{escape(base)}">All mails</a></p>\n'
        f"<dl><dt>From</dt><dd>{escape(mail.sender)}</dd>"
        f"<dt>To</dt><dd>{escape(', '.join(mail.recipients))}</dd>"
        f"<dt>Received</dt><dd>{_time(mail)}</dd></dl>\n"
        f"<pre>{_with_links(mail.text)}</pre>\n{html}\n"
        f"<details><summary>Source</summary><pre>{escape(mail.raw.decode('utf-8', 'replace'))}</pre></details>",
    )


def _read(number: int, envelope: Any) -> Mail:
    raw = bytes(envelope.original_content or b"")
    # compat32 never raises on a malformed header; the newer policies do.
    parsed = message_from_bytes(raw, policy=compat32)
    return Mail(
        number=number,
        received_at=datetime.now(UTC),
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        subject=_decoded(parsed["Subject"]),
        text=_part(parsed, "text/plain"),
        html=_part(parsed, "text/html"),
        raw=raw,
    )


def _decoded(header: Any) -> str:

    try:
        return str(make_header(decode_header(str(header or ""))))
    except (ValueError, LookupError):
        return str(header)


def _part(mail: Message, content_type: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == content_type:
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return ""


def _with_links(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        link = escape(match[0])
        pieces += [escape(text[end : match.start()]), f'<a href="{link}" rel="noreferrer">{link}</a>']
        end = match.end()
    return "".join([*pieces, escape(text[end:])])


def _time(mail: Mail) -> str:
    return f'<time datetime="{mail.received_at.isoformat()}">{mail.received_at:%d %b %H:%M:%S} UTC</time>'


# The colours of the dashboard, written out: a mail reader beside it should look as if it belonged there.
_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f5f6f7; --surface: #fff; --line: #d9dee2; --ink: #171c20; --muted: #525b64; --accent: #0a5a78 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0f1316; --surface: #161b1f; --line: #2b333a; --ink: #e9edf0; --muted: #a6b0b9; --accent: #79c8e4 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 0 16px 48px; max-width: 720px; background: var(--ground); color: var(--ink);
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums }
nav { display: flex; flex-wrap: wrap; gap: 0 24px; min-height: 48px; align-items: center; font-size: 14px; color: var(--muted) }
h1 { font-size: 28px; line-height: 32px; font-weight: 650; margin: 16px 0; overflow-wrap: anywhere }
h2 { font-size: 20px; line-height: 28px; margin: 24px 0 8px }
a { color: var(--accent); text-underline-offset: 2px }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.card, pre, iframe { background: var(--surface); border: 1px solid var(--line); border-radius: 6px }
ul { list-style: none; margin: 0; padding: 0 }
li + li { border-top: 1px solid var(--line) }
li a { display: grid; grid-template-columns: 1fr auto; gap: 0 16px; padding: 12px 16px; min-height: 44px; color: inherit; text-decoration: none }
li a:hover strong { text-decoration: underline }
li strong { font-weight: 650; overflow-wrap: anywhere }
li span, li time, dl, .muted { font-size: 14px; line-height: 20px; color: var(--muted) }
li span { grid-column: 1; overflow-wrap: anywhere }
li time { grid-column: 2; grid-row: 1; line-height: 24px; white-space: nowrap }
dl { display: grid; grid-template-columns: 80px 1fr; gap: 4px 16px; margin: 0 0 16px }
dd { margin: 0; color: var(--ink); overflow-wrap: anywhere }
pre { margin: 0; padding: 16px; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere }
iframe { display: block; width: 100%; height: 22rem; background: #fff }
details { margin-top: 24px } summary { cursor: pointer; font-weight: 600; font-size: 14px; padding: 8px 0 }
details pre { font-size: 12px }
"""


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)} · Aftercare demo</title>
<style>{_STYLE}</style>
</head>
<body>
<nav aria-label="Pages"><a href="/">Dashboard</a><span>Mail of this demo: it stays on this machine.</span></nav>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""
