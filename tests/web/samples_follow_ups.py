"""Plainly synthetic follow-ups, next steps and scripts."""

from datetime import timedelta
from uuid import UUID

import msgspec

from aftercare.alerts.follow_up import timing
from aftercare.alerts.scripts import shipped
from aftercare.model.follow_up_pages import (
    FollowUpForm,
    NextStepItem,
    NextStepsPage,
    ScriptPage,
    ScriptsPage,
)
from aftercare.model.follow_ups import FollowUp, NextStep, StepTiming
from aftercare.model.pages import AlertPage, Page
from aftercare.model.views import AlertView, FollowUpItem, Head, PatientView
from aftercare.model.words import AlertState, Code, Tier


def pages(head: Head, alert: AlertView, people: tuple[PatientView, ...]) -> dict[str, Page]:
    """By name, for `preview.py`."""
    script = shipped(alert.code)
    own = msgspec.structs.replace(script, version=2, changed_at=head.now, changed_by=head.staff.id)
    form = FollowUpForm(follow_up_id=UUID(int=90), script=script)
    refused = msgspec.structs.replace(
        form,
        typed={"text": "Tingles since noon", "next_step": "Ring again", "kind": "call"},
        problems={
            "": "This follow-up needs another look; nothing was saved yet.",
            "next_on": "A next step needs both: what is to be done, and by which day.",
        },
        checked=frozenset(script.ask[:2]),
    )
    logged = msgspec.structs.replace(alert, log=(*alert.log, *_log(head, alert)))
    steps = tuple(_step(number, head, one) for number, one in enumerate(people * 2))
    return {
        "follow-up": AlertPage(head=head, alert=logged, form=form),
        "follow-up-refused": AlertPage(head=head, alert=logged, form=refused),
        "next-steps": NextStepsPage(head=head, items=steps, whose="everyone"),
        "next-steps-empty": NextStepsPage(head=head, items=(), whose="mine", when=StepTiming.OVERDUE),
        "scripts": ScriptsPage(
            head=head,
            scripts=tuple(own if code is alert.code else shipped(code) for code in Code),
            by={head.staff.id: head.staff.name},
        ),
        "script": ScriptPage(
            head=head, script=own, shipped=script, versions=(own,), by={head.staff.id: head.staff.name}
        ),
        "script-overtaken": ScriptPage(
            head=head,
            script=own,
            shipped=script,
            versions=(own,),
            by={head.staff.id: head.staff.name},
            typed={
                "version": "0",
                "ask": "\n".join(own.ask),
                "advise": "Keep it clean.",
                "send_on": "An eye.",
            },
            problems={
                "": "A colleague changed this script while you were writing; nothing of yours was saved."
            },
            overtaken=True,
        ),
    }


def _log(head: Head, alert: AlertView) -> tuple[FollowUpItem, ...]:
    script, today = shipped(alert.code), head.now.date()
    called = FollowUp(
        follow_up_id=UUID(int=91),
        alert_id=alert.alert_id,
        at=head.now,
        kind="call",
        staff_id=head.staff.id,
        happened_at=head.now - timedelta(minutes=20),
        advised="Not to touch it; to send a photo this evening.",
        visit_on=today + timedelta(days=1),
        next_step="Ring again after the photo",
        next_on=today - timedelta(days=1),
        script_version=0,
        checked=script.ask[:3],
    )
    return (
        FollowUpItem(
            at=head.now - timedelta(minutes=20),
            kind="call",
            by=head.staff,
            text="Tingles at the upper lip since noon, no blisters yet.",
            entry=called,
        ),
        FollowUpItem(
            at=head.now,
            kind="waits",
            text="Sample Coordinator by mail",
            until=head.now + timedelta(hours=9),
            why="More was reported.",
        ),
    )


def _step(number: int, head: Head, patient: PatientView) -> NextStepItem:
    today = head.now.date()
    next_on = today + timedelta(days=(-2, 0, 0, 3, 9, 12)[number % 6])
    return NextStepItem(
        step=NextStep(
            follow_up_id=UUID(int=200 + number),
            alert_id=UUID(int=300 + number),
            patient_id=patient.id,
            name=patient.name,
            reference=patient.identifier,
            phone=patient.phone or "",
            code=(Code.COLD_SORE, Code.PIGMENT, Code.SWELLING)[number % 3],
            tier=(Tier.SAME_DAY, Tier.ROUTINE, Tier.SOON)[number % 3],
            state=AlertState.RESOLVED if number % 3 == 1 else AlertState.CONTACTED,
            owner=head.staff.id if number % 2 else None,
            staff_id=head.staff.id,
            at=head.now,
            next_step=("Ring again after the photo", "Ask how the patch looks in daylight", "Book the visit")[
                number % 3
            ],
            next_on=next_on,
            timing=timing(next_on, today),
        ),
        patient=patient,
        set_by=head.staff,
        owner=head.staff if number % 2 else None,
    )
