"""Words in a note on their whole way: the advice at once, the alert, and nothing of them in what leaves the house."""

from datetime import datetime, timedelta

import msgspec
import pytest

from aftercare.db.pool import Database
from aftercare.services import alerts
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat

NOTE = "No tengo fiebre, pero quiero morirme. Zarzamora"


async def test_words_of_self_harm_alert_at_once_and_tell_where_to_call(
    service: Database, team: Team, treat: Treat, now: datetime
) -> None:
    patient = await treat(now - timedelta(days=2), language="es-ES", country="ES")
    answer = await patient.says(now, note=NOTE, redness=1)
    assert answer.advice.headline == "Busque ayuda ahora: llame al 112"
    assert "024" in answer.advice.text
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=now)
    assert (alert.code, alert.tier) == ("note", "emergency")


async def test_nothing_of_a_note_leaves_the_house(
    service: Database,
    worker: Database,
    team: Team,
    treat: Treat,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    patient = await treat(now - timedelta(days=2), language="es")
    await patient.says(now, note=NOTE)
    post = Post()
    await pass_time(worker, post, now + timedelta(hours=2))
    assert post.channel.sent
    async with worker.clinic(team.clinic_id) as db:
        audit = await db.fetch("select to_jsonb(a)::text as row from audit_entries a")
    out, err = capfd.readouterr()
    said = [msgspec.json.encode(mail).decode() for mail in post.channel.sent]
    for told in (*said, *(row["row"] for row in audit), caplog.text, out, err):
        for word in ("zarzamora", "morirme", "self"):
            assert word not in told.lower()
