import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from aftercare.model.messages import MessageKind, OutgoingMessage
from aftercare.model.words import Tier
from aftercare.notify.channel import NotDeliveredError, Refused, Retired, Retry
from aftercare.notify.smtp import SmtpChannel, SmtpSettings, TlsMode
from tests.e2e.receivers import CUT, HANG, PATIENCE, SmtpReceiver

MESSAGE = OutgoingMessage(
    id=UUID("0195b1c0-0000-7000-8000-000000000001"),
    kind=MessageKind.ALERT_RAISED,
    tier=Tier.SAME_DAY,
    address="someone@practice.test",
    link="https://care.clinic.test/alerts/0195b1c0",
    clinic_name="Clínica Norte",
    written_at=datetime(2030, 3, 1, 9, 30, tzinfo=UTC),
)


def channel(port: int, **settings: Any) -> SmtpChannel:
    plain = {"host": "127.0.0.1", "from_address": "alerts@clinic.test", "tls": TlsMode.NONE}
    return SmtpChannel(SmtpSettings(**{**plain, "port": port, **settings}))


@asynccontextmanager
async def speaking(lines: list[bytes]) -> AsyncIterator[int]:
    """A server that says one of `lines` to each line it hears, beginning unasked; gives its port."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for line in lines:
                writer.write(line + b"\r\n")
                await reader.readline()
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(ended.wait(), PATIENCE)


async def test_a_mail_arrives_whole_and_the_receipt_holds_the_codes() -> None:
    async with SmtpReceiver() as relay:
        receipt = await channel(relay.port).send(MESSAGE)
        (mail,) = await relay.wait_for(1)
    assert receipt.answer == "250 2.0.0"
    assert (mail.sender, mail.recipients) == ("alerts@clinic.test", ("someone@practice.test",))
    assert mail.message["Message-ID"] == f"<{MESSAGE.id}@clinic.test>"
    assert mail.message["From"].addresses[0].display_name == "Clínica Norte"
    assert "Same day" in mail.part("plain")
    assert "▲ Same day" in mail.part("html")
    assert f"\n{MESSAGE.link}\n" in mail.part("plain")


async def test_many_mails_go_at_once_through_one_channel() -> None:
    ids = [UUID(int=number) for number in range(20)]
    async with SmtpReceiver() as relay:
        sender = channel(relay.port)
        await asyncio.gather(*(sender.send(replace(MESSAGE, id=each)) for each in ids))
        mails = await relay.wait_for(20)
    assert {mail.message["Message-ID"] for mail in mails} == {f"<{each}@clinic.test>" for each in ids}


@pytest.mark.parametrize(
    ("stage", "reply", "verdict", "answer"),
    [
        ("rcpt", "451 4.7.1 greylisted", Retry, "rcpt: 451 4.7.1"),
        ("rcpt", "450 try later", Retry, "rcpt: 450"),
        ("rcpt", "421 4.3.2 going down", Retry, "rcpt: 421 4.3.2"),
        ("rcpt", "452 4.2.2 mailbox full", Retry, "rcpt: 452 4.2.2"),
        ("rcpt", "552 5.2.2 mailbox full", Retry, "rcpt: 552 5.2.2"),
        ("rcpt", "550 5.1.1 <someone@practice.test> unknown", Retired, "rcpt: 550 5.1.1"),
        ("rcpt", "550 5.1.10 domain takes no mail", Retired, "rcpt: 550 5.1.10"),
        ("rcpt", "550 5.1.2 no such domain", Retired, "rcpt: 550 5.1.2"),
        ("rcpt", "550 5.2.1 mailbox disabled", Refused, "rcpt: 550 5.2.1"),
        ("rcpt", "450 4.2.1 receiving too much", Retry, "rcpt: 450 4.2.1"),
        ("rcpt", "551 5.1.6 moved", Retired, "rcpt: 551 5.1.6"),
        ("rcpt", "551 not local", Retired, "rcpt: 551"),
        ("rcpt", "551 5.7.1 relaying denied", Refused, "rcpt: 551 5.7.1"),
        ("rcpt", "550 5.7.1 policy", Refused, "rcpt: 550 5.7.1"),
        ("rcpt", "550 someone@practice.test blocked", Refused, "rcpt: 550"),
        ("rcpt", "553 not in my list of rcpthosts", Refused, "rcpt: 553"),
        ("mail", "451 4.3.0 busy", Retry, "mail: 451 4.3.0"),
        ("mail", "550 5.1.1 sender unknown", Refused, "mail: 550 5.1.1"),
        ("data", "451 4.3.0 disk", Retry, "data: 451 4.3.0"),
        ("data", "554 5.6.0 content", Refused, "data: 554 5.6.0"),
        ("data", "550 5.1.1 unknown", Retired, "data: 550 5.1.1"),
    ],
)
async def test_what_an_answer_means(
    stage: str, reply: str, verdict: type[NotDeliveredError], answer: str
) -> None:
    async with SmtpReceiver(replies={stage: reply}) as relay:
        with pytest.raises(verdict) as caught:
            await channel(relay.port).send(MESSAGE)
        assert not relay.mails
    assert caught.value.answer == answer


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "data"])
async def test_a_relay_that_hangs_is_left_in_time_and_tried_again(stage: str) -> None:
    async with SmtpReceiver(replies={stage: HANG}) as relay, asyncio.timeout(PATIENCE):
        with pytest.raises(Retry, match=r"timeout$"):
            await channel(relay.port, command_timeout_s=0.2, total_timeout_s=2 * PATIENCE).send(MESSAGE)


async def test_a_relay_that_answers_just_fast_enough_each_time_is_left_in_time() -> None:
    async with SmtpReceiver(replies={"data": HANG}) as relay:
        with pytest.raises(Retry, match=r"^data: timeout$"):
            await channel(relay.port, command_timeout_s=60, total_timeout_s=2.0).send(MESSAGE)


@pytest.mark.parametrize("stage", ["ehlo", "mail", "rcpt", "data"])
async def test_a_cut_connection_is_tried_again(stage: str) -> None:
    async with SmtpReceiver(replies={stage: CUT}) as relay:
        with pytest.raises(Retry, match=r"connection failed or lost$"):
            await channel(relay.port).send(MESSAGE)


@pytest.mark.parametrize("goodbye", ["421 4.3.0 no", "500 what", HANG, CUT])
async def test_once_the_mail_is_taken_the_goodbye_changes_nothing(goodbye: str) -> None:
    async with SmtpReceiver(replies={"quit": goodbye}) as relay:
        receipt = await channel(relay.port, total_timeout_s=2.0 if goodbye == HANG else PATIENCE).send(
            MESSAGE
        )
        assert len(relay.mails) == 1
    assert receipt.answer == "250 2.0.0"


async def test_a_second_attempt_is_recognisable_as_the_same_mail() -> None:
    async with SmtpReceiver(replies={"data": CUT}) as relay:
        with pytest.raises(Retry):
            await channel(relay.port).send(MESSAGE)
        relay.replies.clear()
        await channel(relay.port).send(MESSAGE)
        await channel(relay.port).send(MESSAGE)
        first, second = await relay.wait_for(2)
    assert first.raw == second.raw


async def test_no_relay_there_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        with pytest.raises(Retry, match=r"^connect: connection failed or lost$"):
            await channel(taken.getsockname()[1]).send(MESSAGE)


@pytest.mark.parametrize("greetings", [[b"554 5.3.2 closed"], [b"220 relay", b"550 no", b"550 5.7.1 no"]])
async def test_a_relay_that_shuts_the_door_is_tried_again(greetings: list[bytes]) -> None:
    async with speaking(greetings) as port:
        with pytest.raises(Retry, match=r"^connect: 55"):
            await channel(port).send(MESSAGE)


async def test_something_that_is_not_smtp_is_tried_again() -> None:
    async with speaking([b"HTTP/1.1 400 Bad Request"]) as port:
        with pytest.raises(Retry, match=r"^connect: "):
            await channel(port).send(MESSAGE)


async def test_cancelling_ends_the_attempt() -> None:
    async with SmtpReceiver(replies={"rcpt": HANG}) as relay:
        attempt = asyncio.create_task(channel(relay.port).send(MESSAGE))
        await relay._wait(lambda: "rcpt" in relay.stages, PATIENCE)
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt


async def test_starttls_protects_mail_and_password(certificate: Any) -> None:
    async with SmtpReceiver(tls=certificate.server, user="clinic", password="correct horse") as relay:
        settings = {"tls": TlsMode.STARTTLS, "ca_file": certificate.file, "user": "clinic"}
        await channel(relay.port, **settings, password="correct horse").send(MESSAGE)
        (mail,) = await relay.wait_for(1)
    assert mail.over_tls
    assert mail.user == "clinic"


async def test_a_wrong_password_is_tried_again_and_says_so(certificate: Any) -> None:
    async with SmtpReceiver(tls=certificate.server, user="clinic", password="correct horse") as relay:
        settings = {"tls": TlsMode.STARTTLS, "ca_file": certificate.file, "user": "clinic"}
        with pytest.raises(Retry, match=r"^connect: 535"):
            await channel(relay.port, **settings, password="wrong").send(MESSAGE)


async def test_implicit_tls_works(certificate: Any) -> None:
    async with SmtpReceiver(tls=certificate.server, implicit_tls=True) as relay:
        await channel(relay.port, tls=TlsMode.TLS, ca_file=certificate.file).send(MESSAGE)
        (mail,) = await relay.wait_for(1)
    assert mail.over_tls


@pytest.mark.parametrize("tls", [TlsMode.STARTTLS, TlsMode.TLS])
async def test_an_untrusted_certificate_gets_no_mail(certificate: Any, tls: TlsMode) -> None:
    async with SmtpReceiver(tls=certificate.server, implicit_tls=tls is TlsMode.TLS) as relay:
        with pytest.raises(Retry, match=r"^connect: tls failed$"):
            await channel(relay.port, tls=tls).send(MESSAGE)
        assert not relay.mails


async def test_a_relay_without_starttls_gets_no_mail_when_it_is_asked_for() -> None:
    async with SmtpReceiver() as relay:
        with pytest.raises(Retry, match=r"^connect: not understood$"):
            await channel(relay.port, tls=TlsMode.STARTTLS).send(MESSAGE)
        assert not relay.mails


def test_a_password_is_never_sent_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        SmtpSettings(
            host="relay.test", port=25, from_address="a@b.test", tls=TlsMode.NONE, user="u", password="p"
        )


def test_a_malformed_sender_is_found_at_the_start() -> None:
    with pytest.raises(ValueError, match="one plain mail address"):
        SmtpSettings(host="relay.test", port=25, from_address="Clinic <a@b.test>")


@pytest.mark.parametrize(
    "break_it",
    [
        lambda relay: relay.replies.update(
            rcpt="550 5.1.1 <someone@practice.test> unknown, see https://care.clinic.test"
        ),
        lambda relay: relay.replies.update(data="451 4.3.0 for someone@practice.test"),
        lambda relay: relay.replies.update(mail=CUT),
        lambda relay: relay.replies.update(data=HANG),
    ],
)
async def test_neither_logs_nor_tracebacks_hold_address_link_or_password(
    caplog: pytest.LogCaptureFixture, break_it: Callable[[SmtpReceiver], None]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with SmtpReceiver() as relay:
        break_it(relay)
        sender = channel(relay.port, command_timeout_s=0.2)
        with pytest.raises(NotDeliveredError) as caught:
            await sender.send(MESSAGE)
    # The receiver's own log is the other side's.
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    said = "".join([*traceback.format_exception(caught.value), *ours, repr(sender._settings)])
    assert "NotDelivered" in repr(type(caught.value).__mro__)
    for private in ("someone", "practice.test", "care.clinic.test"):
        assert private not in said


def test_settings_show_no_password_when_printed() -> None:
    settings = SmtpSettings(
        host="relay.test", port=587, from_address="a@b.test", user="clinic-user", password="horse"
    )
    assert "horse" not in repr(settings)
    assert "clinic-user" not in repr(settings)
