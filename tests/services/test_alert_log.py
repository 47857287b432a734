"""One story of an alert, in order of time: found, told, late, done, held back; each with who, over what, and why."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from aftercare.db.pool import Database
from aftercare.model.follow_ups import EntryKind, FollowUpDraft
from aftercare.model.people import StaffMember
from aftercare.model.words import Outcome, Role
from aftercare.services import alerts, dashboard, follow_ups
from aftercare.services.dashboard_head import Reader
from tests.services.background import Post, pass_time
from tests.services.conftest import Team, Treat


async def test_the_log_says_what_happened_to_whom_it_was_told_and_why(
    service: Database, worker: Database, team: Team, treat: Treat
) -> None:
    treated = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
    patient, said = await treat(treated), treated + timedelta(days=2)
    await patient.says(said, tingling=True)
    await pass_time(worker, Post(), said + timedelta(hours=2, minutes=10))
    (alert,) = await alerts.list_alerts(service, team.practitioner, whose="everyone", offset=0, now=said)
    called = FollowUpDraft(
        kind=EntryKind.CALL,
        text="Spoke",
        happened_at=said + timedelta(hours=1),
        reached=True,
        next_step="Ring again",
        next_on=said.date(),
    )
    at = said + timedelta(hours=3)
    step = await follow_ups.put_follow_up(service, team.practitioner, alert.id, uuid4(), called, now=at)
    await follow_ups.finish_step(service, team.coordinator, alert.id, step.follow_up_id, now=at)
    ended = alerts.Resolve(outcome=Outcome.EXPECTED_COURSE)
    await alerts.resolve(service, team.practitioner, alert.id, ended, now=at)
    await patient.says(at + timedelta(hours=1), tingling=True)
    me = StaffMember(
        staff_id=team.practitioner.id or uuid4(), email="practitioner@alpha.test", name="Practitioner", role=Role.PRACTITIONER
    )  # fmt: skip
    reader = Reader(actor=team.practitioner, member=me)
    now = at + timedelta(hours=2)
    log = (await dashboard.alert(service, reader, alert.id, back=None, now=now)).alert.log
    assert [one.at for one in log] == sorted(one.at for one in log)
    told = [(one.kind, one.why) for one in log]
    assert told[0] == ("raised", "Nothing of this kind was open.")
    assert ("told", "Its time had passed.") in told
    kinds = [one.kind for one in log]
    # The call stands where it happened: before the alert was late, though it was written down after.
    assert kinds.index("call") < kinds.index("escalated") < kinds.index("contact") < kinds.index("resolve")
    assert kinds[-1] == "held_back"
    assert "held until 2026-02-18" in log[-1].why
    late = next(one for one in log if one.why == "Its time had passed.")
    for name in ("Admin", "Coordinator", "Practitioner"):
        assert name in late.text
    entry = next(one for one in log if one.kind == "call")
    assert entry.entry is not None
    assert (entry.entry.next_step, entry.done_by and entry.done_by.name) == ("Ring again", "Coordinator")
