import asyncio
import socket
from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.inbox import Inbox, Mail, render_inbox, render_mail
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from aftercare.settings import Settings
from tests.e2e.receivers import PATIENCE

MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    kind=MessageKind.ALERT_OVERDUE,
    tier=Tier.EMERGENCY,
    address="someone@practice.test",
    link="http://127.0.0.1:8000/alerts/0195b1c0?a=1&b=2",
    clinic_name="Clínica Norte",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)


def sender(port: int) -> SmtpChannel:
    return SmtpChannel(
        SmtpSettings(host="127.0.0.1", port=port, from_address="alerts@clinic.test", tls=TlsMode.NONE)
    )


async def test_a_mail_can_be_opened_in_the_demo_inbox() -> None:
    async with Inbox() as inbox:
        await sender(inbox.port).send(MESSAGE)
        (mail,) = await asyncio.wait_for(inbox.wait_for(1), PATIENCE)
    assert mail.subject == "Emergency: Alert past its time"
    assert mail.recipients == ("someone@practice.test",)
    listing, page = render_inbox(inbox, base="/demo/inbox"), render_mail(mail, base="/demo/inbox")
    assert 'href="/demo/inbox/1"' in listing
    assert "Emergency: Alert past its time" in listing
    assert '<a href="http://127.0.0.1:8000/alerts/0195b1c0?a=1&amp;b=2"' in page
    assert "Clínica Norte" in page


async def test_it_keeps_the_last_mails_newest_first() -> None:
    async with Inbox(limit=3) as inbox:
        for number in range(5):
            await sender(inbox.port).send(replace(MESSAGE, address=f"patient{number}@practice.test"))
        kept = await asyncio.wait_for(inbox.wait_for(5), PATIENCE)
    assert [mail.recipients[0] for mail in kept] == [f"patient{number}@practice.test" for number in (4, 3, 2)]
    assert [mail.number for mail in inbox.messages()] == [5, 4, 3]
    assert inbox.mail(4) is kept[1]
    assert inbox.mail(1) is None


async def test_stopping_ends_open_dialogues_and_frees_the_port() -> None:
    async with Inbox() as inbox:
        port = inbox.port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"220")
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


async def test_a_port_that_was_taken_before_the_start_is_nobody_elses_and_is_the_relays() -> None:
    inbox = Inbox().take_port()
    settings = inbox.relay_of(Settings(smtp_user="somebody", smtp_tls="starttls"))
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_user) == ("127.0.0.1", inbox.port, "")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", inbox.port))
    async with inbox:
        await sender(settings.smtp_port).send(MESSAGE)
        await asyncio.wait_for(inbox.wait_for(1), PATIENCE)
    with pytest.raises(RuntimeError, match="no port"):
        _ = inbox.port


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: =?utf-8?b?///?=\r\n\r\nx",
        b"Subject: =?no-such-charset?q?x?=\r\n\r\nx",
        b"Content-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: \xff\xff\r\nSubject: \xf0\r\n\r\n\x00",
    ],
)
async def test_a_strange_mail_is_kept_and_shown(raw: bytes) -> None:
    async with Inbox() as inbox:
        _, writer = await asyncio.open_connection("127.0.0.1", inbox.port)
        lines = [b"EHLO a", b"MAIL FROM:<a@b.test>", b"RCPT TO:<c@d.test>", b"DATA"]
        writer.write(b"\r\n".join(lines) + b"\r\n" + raw + b"\r\n.\r\n")
        (mail,) = await asyncio.wait_for(inbox.wait_for(1), PATIENCE)
        writer.close()
    assert f'href="/inbox/{mail.number}"' in render_inbox(inbox)
    assert "c@d.test" in render_mail(mail)


def test_what_a_mail_says_stays_text() -> None:
    evil = "<script>alert(1)</script>\"'>"
    mail = Mail(
        number=1,
        received_at=datetime(2030, 3, 1, tzinfo=UTC),
        sender=evil,
        recipients=(evil,),
        subject=evil,
        text=f'{evil} https://a.test/"onclick="x',
        html=f'"></iframe>{evil}',
        raw=evil.encode(),
    )
    page = render_mail(mail)
    assert "<script" not in page
    assert "</iframe>" in page
    assert page.count("</iframe>") == 1
    assert '"onclick=' not in page
    assert 'sandbox="' in page
    assert "allow-scripts" not in page


def test_an_empty_inbox_says_what_will_appear() -> None:
    assert "appear here" in render_inbox(Inbox())
