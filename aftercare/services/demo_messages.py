"""What patients and the clinic write to each other in the demo: one question answered, two that wait, and two templates."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from aftercare.model.patient_messages import MessageDraft, ReplyDraft, TemplateDraft
from aftercare.model.people import Actor
from aftercare.model.words import Role
from aftercare.services import message_templates, messages
from aftercare.services.past import Event, Past

_TEMPLATES = (
    TemplateDraft(
        title="Sun in the first week",
        language="en",
        text="Please stay out of the sun in the first week, and use a cream with SPF 50 after that.",
    ),
    TemplateDraft(
        title="Ask for a photo",
        language="en",
        text="Could you send us a photo of the spot, in daylight and from two hands away? Open Photos in the app.",
    ),
)
_ANSWERED = (
    "May I use my usual cream again tonight?",
    "Please wait until day 7, and then only if nothing stings.",
)
_WAITING = (
    (timedelta(hours=5), "Can I go swimming at the weekend?"),
    (timedelta(minutes=50), "I will travel next week. Can my next session be a few days later?"),
)


def write(past: Past, well: Sequence[Actor]) -> None:
    """Have some of those who are well write before now; the clinic answers the first of them."""
    for template in _TEMPLATES:
        past.at(past.now - timedelta(days=20), _keeping(past, template))
    if len(well) <= len(_WAITING):
        return
    first, *others = well
    question, answer = _ANSWERED
    past.at(past.now - timedelta(hours=27), _writing(past, first, question))
    past.at(past.now - timedelta(hours=25), _answering(past, first, answer))
    for actor, (ago, text) in zip(others, _WAITING, strict=False):
        past.at(past.now - ago, _writing(past, actor, text))


def _keeping(past: Past, template: TemplateDraft) -> Event:
    async def keep(at: datetime) -> None:
        by = past.team[Role.PRACTITIONER]
        await message_templates.create_template(past.house.database, by, template, now=at)

    return keep


def _writing(past: Past, actor: Actor, text: str) -> Event:
    async def write_one(at: datetime) -> None:
        draft = MessageDraft(text=text, written_at=at, time_zone="Europe/London")
        await messages.send(past.house.database, actor, uuid4(), draft, now=at)

    return write_one


def _answering(past: Past, actor: Actor, text: str) -> Event:
    async def answer(at: datetime) -> None:
        if actor.id is not None:
            by = past.team[Role.COORDINATOR]
            await messages.reply(past.house.database, by, actor.id, ReplyDraft(text=text), now=at)

    return answer
