"""Pages of the instructions, filled from the shipped set and a draft that differs from it."""

from datetime import date, datetime, timedelta

import msgspec

from aftercare.care import instructions as care
from aftercare.model.instruction_pages import (
    ChangedInstruction,
    HistoryRow,
    InstructionsPage,
    InstructionsPreviewPage,
    InstructionsPublishPage,
    PatientInstructionsPage,
)
from aftercare.model.instructions import InstructionSet, SetHead, ShownDay
from aftercare.model.pages import InstructionFormPage, Page, Typed
from aftercare.model.views import Head, PatientView
from aftercare.model.words import Modality
from aftercare.services.dashboard_instructions import matrix
from aftercare.services.instructions import in_words
from aftercare.web.instruction_forms import as_typed

_SET = care.shipped().instructions
_LANGUAGES = ("en",)


def _draft() -> tuple[InstructionSet, tuple[ChangedInstruction, ...]]:
    before = _SET[12]
    after = msgspec.structs.replace(before, to_day=before.to_day, texts={"en": "Wash as we showed you."})
    changed = care.in_order((*_SET[:12], after, *_SET[13:]))
    made = InstructionSet(version=2, state="draft", note="", copied_from=0, instructions=changed)
    return made, (
        ChangedInstruction(before=before, after=after),
        ChangedInstruction(after=_SET[3]),
        ChangedInstruction(before=_SET[20]),
    )


def instruction_pages(head: Head, patient: PatientView, now: datetime) -> dict[str, Page]:
    """One of each, by name."""
    draft, changes = _draft()
    of = SetHead(version=2, state="draft", note="", copied_from=0, revision=3)
    shipped = SetHead(version=0, state="published", note="", in_use=True)
    one = SetHead(version=1, state="published", note="Shorter words for washing.", copied_from=0, in_use=True)
    history = (
        HistoryRow(of=of, by="Practitioner One", at=now - timedelta(hours=1)),
        HistoryRow(of=one, by="Practitioner One", at=now - timedelta(days=12)),
        HistoryRow(of=msgspec.structs.replace(shipped, in_use=False)),
    )
    day = ShownDay(
        date=date(2026, 3, 5), version=0, shipped="default-1", modality=Modality.MICRONEEDLING, day=3,
        languages=("pt", "en"), delivered_at=now, shown_at=now,
    )  # fmt: skip
    both = tuple(matrix(draft.instructions, _SET, modality, _LANGUAGES) for modality in Modality)
    here = care.on_day(_SET, Modality.MICRONEEDLING, 0)
    return {
        "instructions": InstructionsPage(
            head=head, of=shipped, history=history[2:], may_write=True,
            matrices=tuple(matrix(_SET, _SET, modality, _LANGUAGES) for modality in Modality),
        ),
        "instructions-draft": InstructionsPage(
            head=head, of=of, matrices=both, history=history, draft=2, may_write=True,
            missing=("Nothing says when to call the clinic on day 8 after laser genesis: days 0 to 42 need it.",),
        ),
        "instructions-none": InstructionsPage(
            head=head, of=of, matrices=(matrix((), (), Modality.MICRONEEDLING, _LANGUAGES),), history=history, draft=2, may_write=True
        ),
        "instruction-form": InstructionFormPage(
            head=head, version=2, revision=3, key="microneedling.contact.1.0", form=Typed(values=as_typed(_SET[0])), languages=care.LANGUAGES
        ),
        "instruction-form-wrong": InstructionFormPage(
            head=head, version=2, revision=3, languages=care.LANGUAGES,
            form=Typed(
                values={"modality": "laser_genesis", "kind": "do", "from_day": "x", "texts/en": "Rest."},
                problems={"": "Something needs another look.", "from_day": "A day is a number from 0 to 90.", "usual/redness": "Grade 3 is not usual on day 2."},
            ),
        ),
        "instructions-preview": InstructionsPreviewPage(
            head=head, of=of, modality=Modality.MICRONEEDLING, day=0, days=(0, 1, 2, 3, 5, 8), language="pt", languages=care.LANGUAGES,
            items=tuple(care.told(item, ("pt",)) for item in here),
        ),
        "instructions-publish": InstructionsPublishPage(head=head, of=of, in_use=1, changes=changes, note="Ours", problem="Someone was faster."),
        "instructions-publish-same": InstructionsPublishPage(head=head, of=of, in_use=0, changes=()),
        "patient-instructions": PatientInstructionsPage(
            head=head, patient=patient, more="/patients/1/instructions?before=2026-03-01&beside=0",
            days=(in_words(day, care.shipped()), in_words(msgspec.structs.replace(day, date=date(2026, 3, 4), day=2, shown_at=None), care.shipped())),
        ),
        "patient-instructions-none": PatientInstructionsPage(head=head, patient=patient, days=()),
    }  # fmt: skip
