"""The pages about messages, in samples: who waits, a conversation by day and by night, the words that are sent often."""

from datetime import timedelta
from uuid import UUID

from aftercare.model.message_pages import (
    ConversationPage,
    InboxItem,
    MessageLine,
    MessagePhoto,
    MessagesPage,
    TemplatesPage,
    Writing,
)
from aftercare.model.pages import Page
from aftercare.model.patient_messages import Conversation, Direction, Message, Template
from aftercare.model.views import Head, PatientView, PhotoView
from aftercare.model.words import Tier

_THEIRS, _OURS = Direction.FROM_PATIENT, Direction.FROM_CLINIC


def pages(head: Head, people: tuple[PatientView, ...], photos: tuple[PhotoView, ...]) -> dict[str, Page]:
    """Pages by the name of their file."""
    alder, birch, cedar = people[:3]
    waiting = (
        _item(head, alder, unread=2, hours=26, late=True, flag=Tier.SAME_DAY),
        _item(head, birch, unread=1, hours=3),
    )
    done = (_item(head, cedar, unread=0, hours=5, last=_OURS), _item(head, birch, unread=0, hours=30))
    talk = _conversation(head, alder, photos)
    template = Template(
        template_id=UUID(int=1), version=3, language="en", title="Sun in the first week",
        text="Please stay out of the sun in the first week and use a cream with SPF 50.\n\nWrite to us if the skin gets hotter.",
        written_by=head.staff.id, written_at=head.now - timedelta(days=30),
    )  # fmt: skip
    return {
        "messages": MessagesPage(head=head, items=waiting, which="waiting"),
        "messages-all": MessagesPage(head=head, items=(*waiting, *done), which="recent", more="/messages"),
        "messages-empty": MessagesPage(head=head, items=(), which="waiting"),
        "conversation": talk,
        "conversation-new": ConversationPage(
            head=head, patient=birch, language="es-ES", lines=(), unread=0, waiting_since=None, read_due_at=None,
            read_up_to=None, templates=(template,), told_at=head.now + timedelta(hours=11), has_app=False,
            writing=Writing(message_id=UUID(int=9), text="x", problem="Write something to send."),
        ),
        "message-templates": TemplatesPage(
            head=head, templates=(template,), may_write=True, editing=template.template_id, version=3,
            typed={"title": template.title, "language": "en", "text": template.text},
            problems={"": "Nothing was saved yet.", "title": "Write a title of at most 200 characters, in one line."},
        ),
    }  # fmt: skip


def _item(
    head: Head,
    patient: PatientView,
    *,
    unread: int,
    hours: int,
    late: bool = False,
    flag: Tier | None = None,
    last: Direction = _THEIRS,
) -> InboxItem:
    since = head.now - timedelta(hours=hours)
    return InboxItem(
        patient=patient,
        conversation=Conversation(
            patient_id=patient.id, name=patient.name, reference=patient.identifier, unread=unread,
            waiting_since=since if unread else None, read_due_at=since + timedelta(days=1) if unread else None, late=late,
            flag=flag, last_at=since, last_id=UUID(int=hours), last_direction=last,
        ),
    )  # fmt: skip


def _conversation(head: Head, patient: PatientView, photos: tuple[PhotoView, ...]) -> ConversationPage:
    def line(
        number: int, hours: float, text: str, direction: Direction = _THEIRS, **more: object
    ) -> MessageLine:
        at = head.now - timedelta(hours=hours)
        told: dict[str, object] = {
            "message_id": UUID(int=number), "direction": direction, "text": text, "written_at": at, "received_at": at,
        }  # fmt: skip
        if direction is _OURS:
            told |= {"staff_id": head.staff.id, "staff_name": head.staff.name}
        return MessageLine(message=Message(**(told | more)), day=3)  # type: ignore[arg-type]  # a sample's own fields

    read_at = head.now - timedelta(hours=48)
    with_photo = line(3, 26, "There are small blisters at my lip since this morning.", flag=Tier.SAME_DAY, photos_named=2,
                      late_at=head.now - timedelta(hours=2), read_due_at=head.now - timedelta(hours=2))  # fmt: skip
    shown = tuple(MessagePhoto(thumbnail=one.thumbnail, page=one.page) for one in photos[:1])
    return ConversationPage(
        head=head,
        patient=patient,
        language="en",
        lines=(
            line(1, 50, "May I use my old cream again? It has a little vitamin A in it.", read_at=read_at, read_by_name="Coordinator Two"),
            line(2, 48, "Not yet: from day 7 on, and only if nothing stings.", _OURS, read_at=head.now - timedelta(hours=47)),
            MessageLine(message=with_photo.message, photos=shown, day=3),
            line(4, 2, "It burns more than yesterday", written_at=head.now - timedelta(hours=30)),
        ),
        unread=2,
        waiting_since=head.now - timedelta(hours=26),
        read_due_at=head.now + timedelta(hours=22),
        read_up_to=UUID(int=4),
        templates=(),
        writing=Writing(message_id=UUID(int=8)),
        told_at=head.now,
        has_app=True,
        earlier=f"/patients/{patient.id}/messages?before=2026-03-01T00:00:00Z&beside={UUID(int=1)}",
    )  # fmt: skip
