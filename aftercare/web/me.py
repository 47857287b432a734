"""My notifications: where I am reached, when not, over what, and tests."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from aftercare.errors import AftercareError, Malformed
from aftercare.model.addresses import AddressDraft
from aftercare.model.me_page import TypedPreferences
from aftercare.model.people import OwnPasswordDraft
from aftercare.model.preferences import Muted, QuietSpan, StaffPreferencesDraft
from aftercare.services import addresses, dashboard_me, preferences, staff
from aftercare.services.channels import require_set_up
from aftercare.services.house import House
from aftercare.services.throttle import origin
from aftercare.web import notices
from aftercare.web.forms import Form, read_own_form, read_typed
from aftercare.web.quiet_week import TIERS
from aftercare.web.typed import refused, wall_time, whole
from aftercare.web.visits import StaffRequest, go_to, html, reader_of, staff_page

_FIELDS: Final = 200
_MOST_SPANS: Final = 14
_LOOK: Final = "Nothing was saved yet: this needs another look."


class NumberForm(Form, frozen=True, kw_only=True):
    """A number for text messages; its id was made with the page, so that a second click is the first one."""

    address_id: UUID
    number: Annotated[str, msgspec.Meta(max_length=40)] = ""
    label: Annotated[str, msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class PasswordForm(Form, frozen=True, kw_only=True):
    """One's own password: the one in use, and the new one."""

    current: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    password: Annotated[str, msgspec.Meta(max_length=1024)] = ""


class MePageController(Controller):
    """One's own notifications."""

    path = "/me"

    @get("/", guards=[staff_page])
    async def me(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """Addresses, quiet hours, channels, digest."""
        page = await dashboard_me.me_page(house.database, reader_of(request), house.channels, now=house.now())
        return html(page)

    @post("/preferences", guards=[staff_page])
    async def change(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """Saved; or the form again with what is wrong with it."""
        typed = await read_typed(request, fields=_FIELDS)
        draft, problems = read_preferences(typed)
        status = 422
        if draft is not None:
            try:
                await preferences.put_staff_preferences(
                    house.database,
                    request.user,
                    draft,
                    version=whole(typed.get("version", "0"), -1),
                    now=house.now(),
                )
                return go_to(notices.after("/me", "preferences_saved"))
            except AftercareError as error:
                problems, status = refused(error), error.status
        return await _again(request, house, "preferences", typed, problems, status)

    @post("/numbers", guards=[staff_page])
    async def add_number(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """A number for text messages registered; or the form again."""
        form = await read_own_form(request, NumberForm)
        require_set_up(house.channels, "sms")
        try:
            draft = msgspec.convert(
                {"channel": "sms", "address": form.number, "label": form.label}, AddressDraft
            )
            await addresses.register(house.database, request.user, form.address_id, draft, now=house.now())
        except msgspec.ValidationError:
            problems = {"": _LOOK, "address": "Write the number with its country, such as +44 20 7946 0000."}
            return await _number_again(request, house, form, problems, 422)
        except AftercareError as error:
            return await _number_again(request, house, form, refused(error), error.status)
        return go_to(notices.after("/me", "address_added"))

    @post("/password", guards=[staff_page])
    async def change_password(self, request: StaffRequest, house: NamedDependency[House]) -> Response[Any]:
        """Changed, and every other sign-in of mine ended; or the form again, empty."""
        form = await read_own_form(request, PasswordForm)
        status = 422
        try:
            draft = msgspec.convert({"current": form.current, "password": form.password}, OwnPasswordDraft)
            await staff.change_password(
                house.database,
                request.user,
                reader_of(request).member,
                draft,
                token=request.auth.token,
                address=origin(request.scope, house.settings.trusted_proxies),
                now=house.now(),
            )
            return go_to(notices.after("/me", "password_changed"))
        except msgspec.ValidationError:
            problems = {"": _LOOK, "password": "Choose one of 10 to 200 characters."}
        except AftercareError as error:
            problems, status = refused(error), error.status
        return await _again(request, house, "password", {}, problems, status)

    @post("/addresses/{address_id:str}/remove", guards=[staff_page])
    async def remove(
        self, request: StaffRequest, house: NamedDependency[House], address_id: FromPath[UUID]
    ) -> Response[str]:
        """Nothing is sent there any more."""
        await read_own_form(request, Form)
        await addresses.remove(house.database, request.user, address_id, now=house.now())
        return go_to(notices.after("/me", "address_removed"))

    @post("/addresses/{address_id:str}/test", guards=[staff_page])
    async def test_address(
        self, request: StaffRequest, house: NamedDependency[House], address_id: FromPath[UUID]
    ) -> Response[str]:
        """On its way; the page says what becomes of it."""
        await read_own_form(request, Form)
        await addresses.send_test(house.database, request.user, address_id, now=house.now())
        return go_to(notices.after("/me", "test_sent"))

    @post("/mail/test", guards=[staff_page])
    async def test_mail(self, request: StaffRequest, house: NamedDependency[House]) -> Response[str]:
        """On its way; the page says what becomes of it."""
        await read_own_form(request, Form)
        await addresses.send_test(house.database, request.user, None, now=house.now())
        return go_to(notices.after("/me", "test_sent"))


async def _number_again(
    request: StaffRequest, house: House, form: NumberForm, problems: dict[str, str], status: int
) -> Response[str]:
    typed = {"number": form.number, "label": form.label}
    return await _again(request, house, "number", typed, problems, status)


async def _again(
    request: StaffRequest,
    house: House,
    form: str,
    typed: dict[str, str],
    problems: dict[str, str],
    status: int,
) -> Response[str]:
    again = TypedPreferences(form=form, values=typed, problems=problems)
    page = await dashboard_me.me_page(
        house.database, reader_of(request), house.channels, typed=again, now=house.now()
    )
    return html(page, status=status)


def read_preferences(typed: dict[str, str]) -> tuple[StaffPreferencesDraft | None, dict[str, str]]:
    """What was typed as preferences, or None and what is wrong at which field."""
    problems: dict[str, str] = {}
    quiet = []
    for row in range(_MOST_SPANS):
        try:
            span = _span(typed, row)
        except Malformed as error:
            problems[f"q{row}"] = error.detail
        else:
            quiet += [] if span is None else [span]
    digest_at = wall_time(typed.get("digest_at", ""))
    if digest_at is None and typed.get("digest_at"):
        problems["digest_at"] = "Write a time such as 08:30, or leave it empty."
    if problems:
        return None, {"": _LOOK, **problems}
    try:
        found = {
            "time_zone": typed.get("time_zone") or None,
            "quiet": quiet,
            "muted": _muted(typed),
            "digest_at": digest_at,
        }
        return msgspec.convert(msgspec.to_builtins(found), StaffPreferencesDraft), {}
    except msgspec.ValidationError:
        return None, {"": _LOOK, "time_zone": "This is not an IANA time zone such as Europe/London."}


def _span(typed: dict[str, str], row: int) -> QuietSpan | None:
    days = tuple(int(day) for day in typed.get(f"q{row}-day", "").split() if day in "0123456")
    if not days:
        return None  # no day is chosen: the row is empty, or was taken away
    starts, ends = (wall_time(typed.get(f"q{row}-{name}", "")) for name in ("from", "to"))
    if starts is None or ends is None:
        raise Malformed("Write from when and to when, such as 22:00 and 07:00, or choose no day.")
    return QuietSpan(weekdays=days, starts=starts, ends=ends)


def _muted(typed: dict[str, str]) -> Muted:
    """What was offered with a box and has no tick. Raises msgspec.ValidationError."""
    offered = [one.partition(":") for one in typed.get("offered", "").split()]
    muted = {
        tier.value: [
            channel
            for of, _, channel in offered
            if of == tier.value and channel not in typed.get(f"on-{tier.value}", "").split()
        ]
        for tier in TIERS
    }
    return msgspec.convert(muted, Muted)
