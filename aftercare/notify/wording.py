"""The words of mails, pushes and SMS. They name the clinic and the tier, and nothing that happened to anyone."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from aftercare.model.messages import MessageKind, OutgoingMessage, TierCount
from aftercare.model.words import Tier

DEFAULT_LOCALE: Final = "en"
_LINK: Final = re.compile(r"https?://[!-~]{1,2000}")


class Wording(msgspec.Struct, frozen=True):
    """One kind of mail in one language; `sentence` may use `{clinic}` and `{open}`."""

    subject: str
    sentence: str
    button: str
    footer: str


class ShortWords(msgspec.Struct, frozen=True):
    """What a phone shows of a push: one line and some sentences, without places to fill."""

    title: str
    body: str


class TierMark(msgspec.Struct, frozen=True):
    """A tier as word, shape (HTML) and colour: never colour alone. `text` on `fill` has a contrast of 7:1 or better."""

    word: str
    shape: str
    fill: str
    text: str
    border: str


# Mail clients draw no SVG and few fonts have an octagon, so it is cut from a square; where that is not understood the
# square stays, still a shape of its own.
_OCTAGON: Final = (
    '<span style="display:inline-block;width:12px;height:12px;background:#ffffff;clip-path:polygon('
    '30% 0,70% 0,100% 30%,100% 70%,70% 100%,30% 100%,0 70%,0 30%)"></span>'
)
TIER_MARKS: Final = {
    Tier.EMERGENCY: TierMark("Emergency", _OCTAGON, "#a80000", "#ffffff", "#a80000"),
    Tier.SAME_DAY: TierMark("Same day", "▲", "#ff9500", "#1a1a1a", "#ff9500"),
    Tier.SOON: TierMark("Soon", "○", "#ffffff", "#5c3b00", "#b45309"),
    Tier.ROUTINE: TierMark("Routine", "•", "#ffffff", "#444444", "#8a8a8a"),
}

_STAFF_FOOTER: Final = (
    "This mail says nothing about the patient on purpose; the rest is behind your sign-in. "
    "It was sent by Aftercare for {clinic}. Nobody reads answers to it."
)

_STAFF: Final = {
    MessageKind.ALERT_RAISED: ("New alert", "A new alert is waiting at {clinic}.", "Open the alert"),
    MessageKind.ALERT_TIER_ROSE: (
        "Alert is now more urgent",
        "An alert at {clinic} is now more urgent.",
        "Open the alert",
    ),
    MessageKind.ALERT_WORSENED: (
        "More was reported on an alert",
        "More was reported on an alert at {clinic} since you last heard of it.",
        "Open the alert",
    ),
    MessageKind.ALERT_OVERDUE: (
        "Alert past its time",
        "An alert at {clinic} is past its time and still needs someone.",
        "Open the alert",
    ),
    MessageKind.DIGEST: ("Alerts to look at", "Alerts are waiting on the list of {clinic}.", "Open the list"),
    MessageKind.CALL_LIST: (
        "Call list",
        "Someone is waiting on the call list of {clinic}.",
        "Open the call list",
    ),
    MessageKind.CLINIC_FAULT: (
        "Aftercare needs an administrator",
        "Something at {clinic} keeps Aftercare from reaching people. It needs an administrator.",
        "See what to do",
    ),
    MessageKind.CLINIC_WELL: (
        "Aftercare reaches people again",
        "What kept Aftercare from reaching people at {clinic} works again. See what waited and what was given up.",
        "See the deliveries",
    ),
    MessageKind.WORK_STOPPED: (
        "Aftercare stands still",
        (
            "Aftercare's background work for {clinic} stands still: alerts and reminders may reach nobody. Look at the "
            "list of alerts yourself until it goes on, and tell whoever runs the server."
        ),
        "Open the list",
    ),
    MessageKind.WORK_RESUMED: (
        "Aftercare works again",
        "Aftercare's background work for {clinic} goes on. What waited is being sent now.",
        "Open the list",
    ),
    MessageKind.ERASURE_ASKED: (
        "A patient asked to be erased",
        "A patient of {clinic} asked to be erased. A practitioner has a month to erase or to say why not.",
        "See until when",
    ),
    MessageKind.ERASURE_DUE: (
        "A request to be erased is nearly late",
        "A patient of {clinic} asked to be erased and has no answer. A practitioner has to give one within the week.",
        "See until when",
    ),
    MessageKind.PICTURES_BROKEN: (
        "Photos cannot be shown",
        "Photos at {clinic} are missing or damaged where they are kept. Whoever runs the server can restore them.",
        "See which",
    ),
    MessageKind.WORK_FAILS: (
        "Aftercare fails at some of its work",
        (
            "Some of Aftercare's background work for {clinic} fails again and again: an alert or a reminder may reach nobody. "
            "Look at the list of alerts yourself, and tell whoever runs the server: its log says what fails."
        ),
        "Open the list",
    ),
    MessageKind.HAND_OVER: (
        "You are on call",
        "You are on call for {clinic} now.{open}",
        "Open the list",
    ),
    MessageKind.MESSAGE_RECEIVED: (
        "Messages to read",
        "There are messages from patients to read at {clinic}.",
        "Open the messages",
    ),
    MessageKind.TEST: (
        "Test message",
        "This is a test for {clinic}. There is nothing to do.",
        "Open Aftercare",
    ),
}

_REMINDERS: Final = {
    "en": Wording(
        "Your check-in is ready",
        "{clinic} asks you for a short check-in today.",
        "Answer the check-in",
        "In an emergency call the emergency number now, do not wait for us. Nobody reads answers to this mail.",
    ),
    "es": Wording(
        "Su cuestionario de hoy está listo",
        "{clinic} le pide que responda hoy a un breve cuestionario.",
        "Responder al cuestionario",
        "En una emergencia llame ya al número de emergencias, no nos espere. Nadie lee las respuestas a este correo.",
    ),
    "pt": Wording(
        "O seu questionário de hoje está pronto",
        "{clinic} pede-lhe que responda hoje a um breve questionário.",
        "Responder ao questionário",
        "Numa emergência ligue já para o número de emergência, não espere por nós. Ninguém lê as respostas a este e-mail.",
    ),
}

_MESSAGES: Final = {
    "en": Wording(
        "You have a message",
        "{clinic} has written to you.",
        "Read the message",
        "In an emergency call the emergency number now, do not wait for us. Nobody reads answers to this mail.",
    ),
    "es": Wording(
        "Tiene un mensaje",
        "{clinic} le ha escrito.",
        "Leer el mensaje",
        "En una emergencia llame ya al número de emergencias, no nos espere. Nadie lee las respuestas a este correo.",
    ),
    "pt": Wording(
        "Tem uma mensagem",
        "{clinic} escreveu-lhe.",
        "Ler a mensagem",
        "Numa emergência ligue já para o número de emergência, não espere por nós. Ninguém lê as respostas a este e-mail.",
    ),
}
_TO_PATIENTS: Final = {MessageKind.REMINDER: _REMINDERS, MessageKind.MESSAGE_SENT: _MESSAGES}

_HOURS: Final = {
    "en": "Nobody watches this all the time. The clinic reads {hours}.",
    "es": "Nadie está pendiente de esto todo el tiempo. La clínica lee {hours}.",
    "pt": "Ninguém acompanha isto o tempo todo. A clínica lê {hours}.",
}


def language(kind: MessageKind, locale: str) -> str:
    """Which language a mail of `kind` is written in: `en`, `es` or `pt` for patients, `en` for staff."""
    primary = locale.replace("_", "-").partition("-")[0].lower()
    return primary if primary in _TO_PATIENTS.get(kind, {}) else DEFAULT_LOCALE


def wording(kind: MessageKind, locale: str, *, hours: str) -> Wording:
    """Give the words of a mail; `hours`, when the clinic reads, is said to patients if given."""
    if kind not in _TO_PATIENTS:
        return Wording(*_STAFF[kind], _STAFF_FOOTER)
    tongue = language(kind, locale)
    words = _TO_PATIENTS[kind][tongue]
    if not hours:
        return words
    said = _HOURS[tongue].replace("{hours}", hours)
    return msgspec.structs.replace(words, footer=f"{said} {words.footer}")


# An SMS has room for one short sentence beside its link.
_SMS_ALERT: Final = {
    Tier.EMERGENCY: "an emergency alert",
    Tier.SAME_DAY: "a same-day alert",
    Tier.SOON: "an alert",
    Tier.ROUTINE: "a routine alert",
}
_SMS_DOES: Final = {
    MessageKind.ALERT_RAISED: "waits",
    MessageKind.ALERT_TIER_ROSE: "is now more urgent",
    MessageKind.ALERT_WORSENED: "has news",
    MessageKind.ALERT_OVERDUE: "is past its time",
}


def sms_sentence(message: OutgoingMessage) -> str:
    """What an SMS says between the clinic's name and the link."""
    if message.kind in _SMS_DOES:
        return f"{_SMS_ALERT[message.tier or Tier.SOON]} {_SMS_DOES[message.kind]}."
    return f"{wording(message.kind, message.locale, hours='').subject}.{still_open(message.open)}"


def still_open(counts: Sequence[TierCount]) -> str:
    """Say " Still open: 1 emergency, 2 same day." behind another sentence; "" for none."""
    said = ", ".join(f"{one.count} {TIER_MARKS[one.tier].word.lower()}" for one in counts)
    return f" Still open: {said}." if said else ""


def sentence_of(message: OutgoingMessage, words: Wording) -> str:
    """The sentence of a mail or push with its places filled."""
    filled = words.sentence.replace("{open}", still_open(message.open))
    return filled.replace("{clinic}", one_line(message.clinic_name))


def one_line(text: str) -> str:
    """A name fit for a header or a sentence: control characters and line separators, which would end it, are blanks."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:80]


def is_link(text: str) -> bool:
    """Whether it is an absolute http(s) URL in ASCII."""
    return _LINK.fullmatch(text) is not None


def short_words(message: OutgoingMessage) -> ShortWords:
    """Give the words of a push: the same as a mail's, and for patients when the clinic reads."""
    words = wording(message.kind, message.locale, hours="")
    title = f"{TIER_MARKS[message.tier].word}: {words.subject}" if message.tier else words.subject
    body = sentence_of(message, words)
    if message.kind in _TO_PATIENTS and message.hours:
        said = _HOURS[language(message.kind, message.locale)].replace("{hours}", message.hours)
        body = f"{body} {said}"
    return ShortWords(title, body)
