"""Nothing of anyone leaves the house: names, symptoms, notes, addresses and tokens, planted and looked for everywhere."""

import base64
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import psutil

from tests.e2e.certificates import Certificate
from tests.e2e.http2_receiver import Http2Exchange, Http2Receiver, Script
from tests.e2e.publisher import Publisher
from tests.e2e.push_service import PushService
from tests.e2e.receivers import Exchange, SmtpReceiver, WebhookReceiver, status
from tests.prove.conftest import Trial
from tests.prove.fleet import Fleet, Member
from tests.prove.planted import Planted
from tests.prove.planted_life import REPORTS, Life, until

_TO = re.compile(rb"^To: [^\n]*\n", re.MULTILINE)
_SMS_TO = re.compile(rb'"to": ?"[^"]*"')
_FCM_TO = re.compile(rb'"token": ?"[^"]*"')
_APNS_TO = re.compile(rb"/3/device/\w+ ")
_FOR_THEM = {"authorization", ":path"}  # our sign-in there; and HTTP/2's name of the target
_REMINDED = "select count(*) from deliveries where kind = 'reminder' and state = 'sent'"
_REFUSED = "select count(*) from delivery_attempts where answer like 'rcpt: 451%'"
_OVERDUE = (
    "select count(*) from deliveries where kind = 'alert_overdue' and channel = 'smtp' and state = 'sent'"
)
# What is being tried is due again when its lease ends; what waits for a digest or for a quiet hour is due much later.
_UNTRIED = (
    "select count(*) from deliveries d join due_work w on w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id"
    " where d.attempts = 0 and w.due_at < now() + interval '16 seconds'"
)
# It has the failure's own words logged, as one careless line in our code would.
_CARELESS = """
import aftercare.api.problems as problems
problems.frames = lambda trace: [repr(list(__import__("sys").exc_info()))]
"""


@dataclass
class Outside:
    """Everything that hears of the service: receivers that speak the real protocols."""

    mail: SmtpReceiver
    hooks: WebhookReceiver
    echo: WebhookReceiver
    push: PushService
    sms: WebhookReceiver
    tokens: WebhookReceiver
    fcm: Http2Receiver
    apns: Http2Receiver
    certificate: Certificate

    def settings(self, planted: Planted, folder: Path) -> dict[str, str]:
        """The service's settings, for DEBUG in everything that it runs."""
        publisher, token_uri = Publisher(), f"https://127.0.0.1:{self.tokens.port}/token"
        for whose, line in publisher.secrets.items():
            planted.keep(f"key for {whose}", line)
        granted = {"access_token": planted.word("access token of FCM"), "expires_in": 3600}
        self.tokens.script = status(200, body=json.dumps(granted).encode())
        return {
            **publisher.settings(folder, fcm=self.fcm.url, tokens=token_uri, apns=self.apns.url),
            "SSL_CERT_FILE": self.certificate.file,
            "AFTERCARE_SMTP_HOST": "127.0.0.1",
            "AFTERCARE_SMTP_PORT": str(self.mail.port),
            "AFTERCARE_SMTP_TLS": "none",
            "AFTERCARE_MAIL_FROM": "clinic@sample.test",
            "AFTERCARE_SMS_URL": self.sms.url,
            "AFTERCARE_SMS_AUTH": f"Bearer {planted.word('sign-in at the gateway')}",
            "AFTERCARE_PUSH_PRIVATE_HOSTS": "127.0.0.1",
            "AFTERCARE_METRICS_TOKEN": planted.word("token of the metrics"),
            "AFTERCARE_LOG_LEVEL": "DEBUG",
        }

    def heard(self) -> Iterator[tuple[str, bytes]]:
        """What each of them heard; but for whom a letter is to, which its own relay and gateway must know."""
        for n, mail in enumerate(self.mail.mails):
            yield f"mail {n}", _TO.sub(b"", mail.raw.replace(b"\r\n", b"\n"))
            yield f"text of mail {n}", (mail.part("plain") + mail.part("html")).encode()
        for name, receiver in (("webhook", self.hooks), ("echoing webhook", self.echo), ("push", self.push)):
            for n, request in enumerate(receiver.requests):
                yield f"{name} {n}", f"{request.target} {request.headers}".encode() + request.body
        for n, push in enumerate(self.push.taken):
            yield f"opened push {n}", repr(push.payload).encode()
        named: list[tuple[str, WebhookReceiver | Http2Receiver, re.Pattern[bytes] | None]] = [
            ("sms", self.sms, _SMS_TO),
            ("fcm", self.fcm, _FCM_TO),
            ("apns", self.apns, _APNS_TO),
            ("token", self.tokens, None),
        ]
        for name, there, to in named:
            for n, request in enumerate(there.requests):
                kept = [(name, text) for name, text in request.headers.items() if name not in _FOR_THEM]
                said = f"{request.target} {kept}".encode() + request.body
                yield f"{name} {n}", to.sub(b"", said) if to else said


async def _echo(exchange: Exchange | Http2Exchange) -> None:
    """Answer with everything that was sent, as a careless receiver does."""
    await exchange.answer(500, f"x-echo: {exchange.request.headers}", body=exchange.request.body)


def _echoes_once() -> Script:
    """Take everything but the first emergency, which is answered like that."""
    emergencies = itertools.count()

    async def script(exchange: Http2Exchange) -> None:
        first = b'"emergency"' in exchange.request.body and next(emergencies) == 0
        await (_echo(exchange) if first else exchange.answer(200, body=b"{}"))

    return script


@asynccontextmanager
async def _outside(certificate: Certificate) -> AsyncIterator[Outside]:
    async with (
        SmtpReceiver() as mail,
        WebhookReceiver() as hooks,
        WebhookReceiver(_echo) as echo,
        PushService() as push,
        WebhookReceiver() as sms,
        WebhookReceiver(tls=certificate.server) as tokens,
        Http2Receiver(certificate.server_for("h2"), _echoes_once()) as fcm,
        Http2Receiver(certificate.server_for("h2"), _echoes_once()) as apns,
    ):
        yield Outside(mail, hooks, echo, push, sms, tokens, fcm, apns, certificate)


async def test_no_planted_word_leaves_the_house(
    tmp_path: Path, trial: Trial, certificate: Certificate
) -> None:
    planted, patients = Planted(trial.rng), trial.size(4, 60)
    async with Fleet(tmp_path, postgres={"fsync": "off"}) as fleet, _outside(certificate) as outside:
        settings = outside.settings(planted, tmp_path)
        if trial.long:
            settings["PYTHONASYNCIODEBUG"] = "1"
        server = fleet.serve("--no-worker", **settings)
        fleet.worker(**settings)
        await server.ready()
        database, owner = fleet.database(), await fleet.judge()
        await database.open()
        life = Life(server.address, planted, database)
        try:
            access = await _live(life, outside, owner, patients)
            heard = dict(outside.heard()) | await _said_inside(fleet, server, life, owner, planted)
            assert planted.found_in(heard) == []
            _everything_was_heard(heard, life)
            assert len(planted.words) >= 60

            if trial.long:
                # And it would have been found: one careless line, and the same search.
                careless = await _careless(fleet, tmp_path, settings)
                await Life(careless.address, planted, database).fail(owner, access)
                leaked = planted.found_in({"careless log": careless._log.read_bytes()})
                assert "note of patient 0 in careless log" in leaked
        finally:
            await owner.close()
            await database.close()
    trial.say(
        f"{len(planted.words)} planted words of {patients} patients and their clinic, in none of {len(heard)} mails,"
        f" calls, pushes, SMS, logs, metrics, command lines and refusals ({sum(map(len, heard.values())):,} bytes)"
    )


def test_a_word_is_found_however_it_is_written(trial: Trial) -> None:
    planted = Planted(trial.rng)
    word = planted.word("name of somebody")
    clear = {"a": b"Emergency: New alert", "b": f"{word[:-1]} {word[1:]}".encode()}
    assert planted.found_in(clear) == []
    written = (
        word.upper().encode(),
        quote(f"é{word} ").encode(),
        *(base64.b64encode(b"x" * before + word.encode() + b" says so") for before in range(3)),
        word.encode("utf-16-le"),
    )
    for text in written:
        assert planted.found_in({"a log": b"... " + text + b" ..."}) == ["name of somebody in a log"]
    assert planted.found_in({"a mail": b"She has BLISTERS"}) == ["symptom blister in a mail"]


async def _live(life: Life, outside: Outside, owner: asyncpg.Connection, patients: int) -> str:
    """The whole life, with receivers that refuse and repeat what they should not know; the first patient's token."""
    team, strangers = await life.open_clinic("alpha"), await life.open_clinic("beta")
    admin, practitioner = team["admin"], team["practitioner"]  # type: ignore[index]
    await life.listen(admin, practitioner, [outside.hooks.url, outside.echo.url], outside.push)
    enrolled = [await life.treat(practitioner, n) for n in range(patients)]
    await until(owner, _REMINDED, patients)
    name = life.planted.word("name of patient 0")
    outside.mail.replies["rcpt"] = f"451 4.2.1 {life.email('patient 0')} ({name}) is out"
    await life.report(enrolled[0][1], 0)
    await until(owner, _REFUSED, 1)
    outside.mail.replies.clear()
    for n, (_, access) in enumerate(enrolled[1:], start=1):
        await life.report(access, n)
    for patient_id, _ in enrolled:
        await life.write(practitioner, patient_id)
    await life.stumble(enrolled[0][1], enrolled[0][0], strangers["practitioner"])  # type: ignore[index]
    await life.fail(owner, enrolled[0][1])
    raised = await owner.fetch("select distinct tier from alerts")
    assert {row["tier"] for row in raised} == {tier for tier, _ in REPORTS}
    await life.act(practitioner, owner)
    await until(owner, _OVERDUE, 1)
    await until(owner, _UNTRIED)
    return enrolled[0][1]


async def _said_inside(
    fleet: Fleet, server: Member, life: Life, owner: asyncpg.Connection, planted: Planted
) -> dict[str, bytes]:
    """Logs, metrics, refusals, command lines, and what the ledger keeps of others' answers."""
    token = {"authorization": f"Bearer {planted.word('token of the metrics')}"}
    async with httpx.AsyncClient(headers=token) as http:
        metrics = await http.get(f"{server.address}/metrics")
    answers = await owner.fetch("select result, answer from delivery_attempts")
    processes = [psutil.Process(one.pid) for member in fleet.members for one in [psutil.Process(member.pid)]]
    processes += [child for one in processes for child in one.children(recursive=True)]
    return {
        **{f"log of {member._log.name}": member._log.read_bytes() for member in fleet.members},
        "metrics": metrics.content,
        "refusals": b"\n".join(life.refusals),
        "command lines": "\n".join(" ".join(one.cmdline()) for one in processes).encode(),
        "ledger": "\n".join(f"{row['result']} {row['answer']}" for row in answers).encode(),
    }


def _everything_was_heard(heard: dict[str, bytes], life: Life) -> None:
    """Each of them was really listened to: what must be in it is."""
    must = {
        "mail": b"Aftercare", "text of mail": b"check-in", "webhook": b"alert_raised", "echoing webhook": b"alert_raised",
        "opened push": b"emergency", "sms": b"emergency alert", "fcm": b"message_sent", "apns": b'"emergency"', "token": b"assertion", "log of serve": b"RaiseError", "metrics": b"aftercare_requests_total",
        "log of worker": b'"level"', "refusals": b"/problems/internal", "command lines": b"aftercare", "ledger": b"retry rcpt: 451",
    }  # fmt: skip
    for name, sign in must.items():
        assert any(sign in text for which, text in heard.items() if which.startswith(name)), name
    assert life.failures >= 1


async def _careless(fleet: Fleet, folder: Path, settings: dict[str, str]) -> Member:
    """A server with a leak in it."""
    (folder / "careless").mkdir()
    (folder / "careless" / "sitecustomize.py").write_text(_CARELESS)
    server = fleet.serve("--no-worker", **settings, PYTHONPATH=str(folder / "careless"))
    await server.ready()
    return server
