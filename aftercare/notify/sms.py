"""SMS over a gateway's HTTP interface, whichever the operator has a contract with.

The request is a template, JSON or form, so that one channel fits most gateways. Which answers end what: 2xx is taken.
410 retires the number. 401, 402, 403, 404 and redirects are about our account or settings: tried again rarely, since
people mend them. Other answers about the request (400, 413, 422 ...) are refused. 408, 429 and 5xx are tried again.
Gateways agree on little more: `answers` says what a status or a code of this one means instead.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, Unpack
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from aftercare.model.messages import OutgoingMessage
from aftercare.notify.channel import NotDeliveredError, Receipt, Refused, Retired, Retry, our_fault
from aftercare.notify.gsm7 import ONE_PART, septets, written_plainly
from aftercare.notify.http import ABOUT_THE_REQUEST, Answer, may_be_trusted
from aftercare.notify.kept import OutOptions, out_to
from aftercare.notify.wording import is_link, one_line, sms_sentence

DEFAULT_BODY: Final = '{"to": "{to}", "from": "{from}", "text": "{text}", "reference": "{id}"}'
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_PLACE: Final = re.compile(r"\{(\w*)\}")
_PLACES: Final = frozenset({"to", "digits", "text", "id", "from"})
_HEADER: Final = re.compile(r"(?:([A-Za-z0-9-]+): )?([!-~][ -~]{0,1000})")
_RULE: Final = re.compile(r"([1-5][0-9]{2})(?::([\w.-]{1,40}))?=(taken|gone|refused|wait|fault)")
_CODE_KEYS: Final = frozenset({"code", "error", "error_code", "errorCode", "error-code", "status"})
_HARMLESS_CODE: Final = re.compile(r"[0-9]{1,6}")  # shorter than any number that could be called
_SHORTEST_NAME: Final = 8


class Meaning(StrEnum):
    """What an answer says."""

    TAKEN = "taken"
    GONE = "gone"  # the number takes no more messages
    REFUSED = "refused"
    WAIT = "wait"
    FAULT = "fault"  # of our account or settings


class Rule(msgspec.Struct, frozen=True):
    """What a status means, if the answer holds `code`."""

    status: int
    code: str | None
    meaning: Meaning


class SmsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The gateway. Raises `ValueError`, one sentence, for what cannot work."""

    url: str
    body: str = DEFAULT_BODY
    auth: str = ""  # the Authorization header, or another one as "Name: value"
    sender: str = ""
    answers: str = ""  # "400:21610=gone, 404=gone": the first that fits counts

    def __post_init__(self) -> None:
        if not may_be_trusted(self.url):
            raise ValueError("the address of the SMS gateway must begin with https://")
        places = set(_PLACE.findall(self.body))
        if not places <= _PLACES or "text" not in places or not places & {"to", "digits"}:
            raise ValueError(
                "the template of an SMS has {text}, {to} or {digits}, and may have {from} and {id}"
            )
        _read_template(self.body)
        if self.auth and not _HEADER.fullmatch(self.auth):
            raise ValueError(
                "the sign-in of the SMS gateway must be a header's value, or a header as Name: value"
            )
        read_rules(self.answers)

    def __repr__(self) -> str:
        """Reach logs without the sign-in, which some gateways want in the address or the body."""
        return f"SmsSettings(host={urlsplit(self.url).hostname!r})"


class SmsChannel:
    """SMS through one gateway."""

    def __init__(self, settings: SmsSettings, **options: Unpack[OutOptions]) -> None:
        """The gateway may be on a private network: the operator named it."""
        self._settings = settings
        self._template = _read_template(settings.body)
        self._rules = read_rules(settings.answers)
        self._out = out_to(settings.url, **options)

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Hand one SMS to the gateway. Raises `Retry`, `Retired`, `Refused`."""
        if not _NUMBER.fullmatch(message.address):
            raise Refused("address malformed")
        places = {
            "to": message.address,
            "digits": message.address[1:],
            "text": sms_text(message),
            "id": str(message.id),
            "from": self._settings.sender,
        }
        kind, body = _filled(self._template, places)
        headers = [("content-type", kind), ("idempotency-key", str(message.id)), *self._sign_in()]
        return _judge(await self._out.post(self._settings.url, headers, body), self._rules)

    def _sign_in(self) -> list[tuple[str, str]]:
        given = _HEADER.fullmatch(self._settings.auth)
        return [(given[1] or "authorization", given[2])] if given else []


def sms_text(message: OutgoingMessage) -> str:
    """What the phone shows: the clinic, what waits, the link; one part wherever the link leaves room for it.

    The clinic's name is shortened or left out before anything else is. Raises `Refused` if the link is malformed.
    """
    if not is_link(message.link):
        raise Refused("link malformed")
    sentence = written_plainly(sms_sentence(message)) or ""
    end = f": {sentence} {message.link}"
    room = ONE_PART - (septets(f"Aftercare, {end}") or ONE_PART)
    name = written_plainly(one_line(message.clinic_name)) or ""
    while name and (septets(name) or 0) > room:
        name = f"{name.removesuffix('...')[:-1].rstrip()}..." if len(name) > _SHORTEST_NAME + 3 else ""
    return f"Aftercare, {name}{end}" if name else f"Aftercare{end}"


def read_rules(text: str) -> tuple[Rule, ...]:
    """Read `404=gone, 400:21610=gone`. Raises `ValueError`."""
    rules = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _RULE.fullmatch(part)
        if found is None:
            raise ValueError(
                "an answer of the SMS gateway is written as status=meaning or status:code=meaning, "
                "with taken, gone, refused, wait or fault"
            )
        rules.append(Rule(int(found[1]), found[2], Meaning(found[3])))
    return tuple(rules)


def _read_template(body: str) -> Any:
    try:
        if body.lstrip().startswith(("{", "[")):
            return msgspec.json.decode(body)
        return parse_qsl(body, keep_blank_values=True, strict_parsing=True)
    except (msgspec.DecodeError, ValueError):
        raise ValueError("the template of an SMS must be JSON, or a form as To={to}&Body={text}") from None


def _filled(template: Any, places: dict[str, str]) -> tuple[str, bytes]:
    # Filled in after parsing: whatever a value holds, it stays within its string.
    if isinstance(template, list) and template and isinstance(template[0], tuple):
        form = urlencode([(name, _in(value, places)) for name, value in template])
        return "application/x-www-form-urlencoded", form.encode()
    return "application/json", msgspec.json.encode(_in(template, places))


def _in(template: Any, places: dict[str, str]) -> Any:
    if isinstance(template, str):
        return _PLACE.sub(lambda found: places[found[1]], template)
    if isinstance(template, dict):
        return {key: _in(value, places) for key, value in template.items()}
    return [_in(value, places) for value in template] if isinstance(template, list) else template


def _judge(answer: Answer, rules: tuple[Rule, ...]) -> Receipt:
    codes = list(_codes(answer.body))
    meaning = _usual(answer.status)
    shown = next(
        (code for code in codes if _HARMLESS_CODE.fullmatch(code) and code != str(answer.status)), ""
    )
    for rule in rules:
        if rule.status == answer.status and (rule.code is None or rule.code in codes):
            meaning, shown = rule.meaning, rule.code or shown
            break
    said = f"{answer.status} {shown}".rstrip()
    if meaning is Meaning.TAKEN:
        return Receipt(said)
    raise _failure(meaning, said, answer)


def _failure(meaning: Meaning, said: str, answer: Answer) -> NotDeliveredError:
    if meaning is Meaning.GONE:
        return Retired(said)
    if meaning is Meaning.REFUSED:
        return Refused(said)
    if meaning is Meaning.WAIT:
        return Retry(said, retry_after=answer.retry_after)
    what = "the gateway's account is empty" if answer.status == 402 else "our account or settings"
    return our_fault(f"{said}: {what}", retry_after=answer.retry_after)


def _usual(status: int) -> Meaning:
    if 200 <= status < 300:
        return Meaning.TAKEN
    if status == 410:
        return Meaning.GONE
    if status < 400 or status in {401, 402, 403, 404, 405, 407}:
        return Meaning.FAULT
    return Meaning.REFUSED if status in ABOUT_THE_REQUEST else Meaning.WAIT


def _codes(body: bytes) -> Iterator[str]:
    """Whatever the answer calls a code, however deep."""
    try:
        left: list[Any] = [msgspec.json.decode(body)]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield from (
                str(value)
                for key, value in part.items()
                if key in _CODE_KEYS and isinstance(value, str | int)
            )
            left += part.values()
        elif isinstance(part, list):
            left += part
