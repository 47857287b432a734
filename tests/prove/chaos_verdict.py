"""What is left after the chaos run, read through a fresh connection beside what was sent, answered and heard."""

from datetime import timedelta
from pathlib import Path

import asyncpg

from tests.prove import verdict
from tests.prove.chaos_outside import Outside
from tests.prove.chaos_staff import Staff
from tests.prove.conftest import Trial
from tests.prove.journal import read_journals

# What may still be said to be in time: PostgreSQL restarts and a dead worker's lease ends well within.
IN_TIME = timedelta(seconds=60)
_LATENESS = """
    select a.id, a.state, a.acknowledged_at, a.acknowledge_by,
           (select min(d.queued_at) from deliveries d
            where d.clinic_id = a.clinic_id and d.alert_id = a.id and d.kind = 'alert_overdue') as went_up_at
    from alerts a where a.tier = 'emergency'
"""
_NEITHER = """
    select d.channel, d.state, count(*) from deliveries d
    where d.state in ('queued', 'failed') and not exists (
        select from due_work w where w.clinic_id = d.clinic_id and w.subject_id = d.delivery_id)
    group by d.channel, d.state
"""
_TOLD = """
    select m.message_id, count(*) filter (where d.state = 'sent') as told,
           count(*) filter (where d.state in ('queued', 'failed')) as due,
           count(*) filter (where d.state = 'sent' and d.channel = 'smtp') as by_mail
    from messages m
    left join deliveries d on d.clinic_id = m.clinic_id and d.patient_id = m.patient_id
        and d.what = 'message_sent:' || m.message_id
    where m.direction = 'from_clinic'
    group by m.clinic_id, m.patient_id, m.message_id
"""


async def judged(
    judge: asyncpg.Connection,
    folder: Path,
    trial: Trial,
    outside: Outside,
    people: Staff,
    gone_before: dict[str, int],
) -> None:
    """Nothing was lost, doubled, too early or too late. `gone_before`: attempts per address that is gone, before the storm."""
    record = outside.record
    sent, answered = read_journals([*(folder / "first").iterdir(), *(folder / "storm").iterdir()])
    assert sent.keys() == answered.keys()
    drafts = verdict.drafts_of(sent)
    assert await verdict.differing_check_ins(judge, drafts) == []
    wanted = sum("breathing_or_tongue" in draft.answers for draft in drafts.values())
    rows = await judge.fetch(_LATENESS)
    assert len(rows) == wanted, "an alert for each emergency"
    assert {str(row["id"]) for row in rows} == people.taken | people.left, "each was heard of by webhook"
    assert people.broken == []
    late = [row["went_up_at"] - row["acknowledge_by"] for row in rows if row["went_up_at"] is not None]
    neither = [row for row in rows if row["acknowledged_at"] is None and row["went_up_at"] is None]
    assert neither == []
    assert max(late, default=timedelta()) <= IN_TIME
    assert await judge.fetch(_NEITHER) == [], "what is not settled is due"
    # Read before what was heard is looked at: the others go on being sent.
    left = await judge.fetch("select delivery_id from deliveries where state = 'sent'")
    unheard = {row["delivery_id"] for row in left} - record.heard.keys()
    assert unheard == set(), "what is said to be sent was received"
    assert record.too_soon() == [], "nobody came before Retry-After"
    # A mail address is the person's own and is not retired; an address that rang once more before it was known to be gone
    # would show here as two.
    tried = {one: count for one, count in record.attempts("410").items() if one in gone_before}
    assert set(tried.values()) == {1}, "one attempt on a retired address"
    assert outside.phones.refused == [], "each push was signed as it has to be"
    received = {one.delivery for one in record.came if one.taken}
    trial.say(
        f"{len(rows)} emergencies among {len(drafts)} check-ins: {len(people.taken)} acknowledged,"
        f" {len(late)} went up the chain, the latest {max(late, default=timedelta()).total_seconds():.1f} s past its time;"
        f" neither 0; lost 0 of {len(received)} messages received over {len(record.came)} attempts,"
        f" {record.copies()} copies with the same id; before Retry-After 0; attempts on retired addresses 1 each;"
        f" {await _patients_told(judge, people)}"
    )


async def _patients_told(judge: asyncpg.Connection, people: Staff) -> str:
    """See that each message that staff wrote is known to its patient, or still to be; the figure."""
    messages = await judge.fetch(_TOLD)
    assert {row["message_id"] for row in messages} == people.written
    assert [row for row in messages if row["told"] + row["due"] != 1] == [], "over one way, once"
    told, by_mail = (sum(row[name] for row in messages) for name in ("told", "by_mail"))
    return (
        f"of {len(messages)} messages to patients {told} told ({by_mail} by mail where the phone failed),"
        f" {len(messages) - told} still due, lost 0"
    )
