"""What patients agree to, purpose by purpose: asked, kept with its text, withdrawn at any time, obeyed at the moment of use."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from aftercare.care.consenting import counts_from, photos_refused, texts, versions
from aftercare.db.pool import Connection, Database
from aftercare.errors import AftercareError, Malformed, NotFound
from aftercare.model.check_ins import ConsentState
from aftercare.model.consents import KINDS, Asked, ConsentDraft, ConsentWord, Kind, Use
from aftercare.model.people import Actor
from aftercare.services import audit
from aftercare.services.arrival import arrival_of
from aftercare.store import consents as store
from aftercare.store import patients

_WORDS = 200  # of a patient; nobody changes their mind more often
_ASKED_FIRST = (
    "care",
    "photos",
)  # before the first check-in and the first photo; what else there is waits in the settings


class PhotosRefused(AftercareError):
    """This photo was not taken, because you said no to photos. To send it, agree under Settings, "What you agreed to"."""

    status: ClassVar[int] = 409
    type: ClassVar[str] = "photos-refused"
    title: ClassVar[str] = "No agreement to photos"


class UseNotAgreed(AftercareError):
    """The patient does not agree to this use now. Take the photo out of what you prepare; for care it is where it was."""

    status: ClassVar[int] = 403
    type: ClassVar[str] = "use-not-agreed"
    title: ClassVar[str] = "No agreement to this use"


def needed(given: Mapping[str, ConsentState]) -> tuple[str, ...]:
    """What has to be asked: never what was refused."""
    return tuple(kind for kind in _ASKED_FIRST if kind not in given)


async def put_consent(
    database: Database,
    actor: Actor,
    kind: Kind,
    draft: ConsentDraft,
    *,
    now: datetime,
    sent_at: datetime | None = None,
) -> ConsentState:
    """Keep one word on one purpose and give the one that counts. Monitoring goes on whatever it is.

    Raises NotFound, and Malformed for an agreement to a text that is not known here; a refusal is taken in any case.
    """
    said = draft.decided_at and arrival_of(now, sent_at).put_right(draft.decided_at)
    at = counts_from(granted=draft.granted, decided_at=said, now=now)
    async with database.clinic(actor.clinic_id) as db:
        patient = None if actor.id is None else await patients.get(db, actor.clinic_id, actor.id)
        if actor.id is None or patient is None:
            raise NotFound
        language, text = _read(kind, draft, patient.language)
        word = ConsentState(
            kind=kind, given_at=at, granted=draft.granted, text_version=draft.text_version, language=language
        )
        kept = await store.record(db, actor.clinic_id, actor.id, word, text=text, received_at=now)
        while kept is None and at == now:  # another phone took this instant a moment ago
            kept = await store.record(db, actor.clinic_id, actor.id, word, text=text, received_at=now)
        action = "consent.granted" if draft.granted else "consent.withdrawn"
        await audit.record(db, actor, action, now=now, patient_id=actor.id, detail=word)
        given = await store.newest(db, actor.clinic_id, actor.id)
    return given[kind]


def _read(kind: Kind, draft: ConsentDraft, patient_speaks: str) -> tuple[str, str]:
    """(language, text) that the word was said to."""
    if draft.text_version not in versions():
        if draft.granted:
            raise Malformed(
                "This version of the texts is not known here, so nobody could say what was agreed to. Show the patient "
                "the text of `GET /v1/me/consents` and send its version.",
                pointers={"/text_version": "not a version of the texts"},
            )
        return draft.language, ""
    return texts(draft.text_version).purposes[kind].as_shown(draft.language or patient_speaks)


async def asked_of_me(database: Database, actor: Actor, *, now: datetime) -> list[Asked]:
    """Each purpose with today's text and the patient's newest word. Raises NotFound."""
    if actor.id is None:
        raise NotFound
    return await asked_of(database, actor, actor.id, now=now)


async def asked_of(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> list[Asked]:
    """Each purpose with today's text and the patient's newest word. Raises NotFound."""
    newest: dict[Kind, ConsentWord] = {}
    for word in await words_of(database, actor, patient_id, now=now):
        newest.setdefault(word.kind, word)
    said = texts()
    return [
        Asked(
            kind=kind,
            text_version=said.version,
            title=said.purposes[kind].title,
            text=said.purposes[kind].text,
            word=newest.get(kind),
        )
        for kind in KINDS
    ]


async def words_of(database: Database, actor: Actor, patient_id: UUID, *, now: datetime) -> list[ConsentWord]:
    """Every word of a patient with the text that it was said to, the newest first. Raises NotFound."""
    async with database.clinic(actor.clinic_id) as db:
        if await patients.get(db, actor.clinic_id, patient_id) is None:
            raise NotFound
        await audit.record(db, actor, "consents.seen", now=now, patient_id=patient_id)
        return await store.words(db, actor.clinic_id, patient_id, _WORDS)


async def require_photos(db: Connection, clinic_id: UUID, patient_id: UUID) -> None:
    """Raise PhotosRefused if the patient said no to photos."""
    if photos_refused(await store.newest(db, clinic_id, patient_id)):
        raise PhotosRefused


async def require_use(db: Connection, clinic_id: UUID, patient_id: UUID, use: Use) -> None:
    """Raise UseNotAgreed unless the patient agrees to this use now, and has not said no to photos as such."""
    given = await store.newest(db, clinic_id, patient_id)
    agreed = given.get(use)
    if agreed is None or not agreed.granted or photos_refused(given):
        raise UseNotAgreed
