"""Which views of the face are asked for today and soon, and which of them are there already. Pure.

Photos are optional: nothing here is a check-in, a reminder or a reason for an alert (clinical.md 6).
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from aftercare.model.course_plans import NextSession
from aftercare.model.photo_views import PhotoGuide, PhotosAsked, PhotoStep, Text, ViewAsked
from aftercare.model.words import Modality, View

AHEAD = 7
# A set stays open the day after: an evening in bed is no daylight by a window.
_OPEN_DAYS = 2


class _Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: tuple[int, ...]
    views: tuple[View, ...]
    when_needed: tuple[View, ...]
    source: str


class _Before(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    modality: Modality
    days: int
    fresh_days: int
    source: str


class _Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Text
    how: Text


class ViewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data: days and views of each modality, and the words."""

    name: str
    modalities: dict[Modality, _Plan]
    before: _Before
    views: dict[View, _Words]
    steps: tuple[PhotoStep, ...]


class TakenOn(msgspec.Struct, frozen=True):
    """A photo's view and the patient's local day on which it was taken."""

    view: View
    on: date


@cache
def plan() -> ViewPlan:
    """The plan that ships."""
    text = Path(__file__).with_name("photo_views.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), ViewPlan)


def looked_back(today: date) -> date:
    """The oldest local day whose photos the guide of a day can rest on."""
    return today - timedelta(days=max(plan().before.fresh_days, _OPEN_DAYS))


def guide(
    modality: Modality | None,
    *,
    today: date,
    session_on: date | None,
    next_session: NextSession | None,
    taken: Sequence[TakenOn],
    baselines: Mapping[View, str],
) -> PhotoGuide:
    """Say what is asked for today and in the six days after, with an earlier photo of each view where there is one.

    `modality` and `session_on` are of the newest session, None before the first.
    """
    sets = [
        *_before(modality, today, session_on, next_session, taken, baselines),
        *_after(modality, today, session_on, taken, baselines),
    ]
    asked = tuple(sorted(sets, key=lambda one: one.date))
    missing = dict.fromkeys(view for one in asked if one.date <= today for view in one.missing)
    return PhotoGuide(missing=tuple(missing), asked=asked, steps=plan().steps)


def nothing_asked() -> PhotoGuide:
    """Say only how a photo is taken: to whoever refused photos."""
    return PhotoGuide(missing=(), asked=(), steps=plan().steps)


def _before(
    modality: Modality | None,
    today: date,
    session_on: date | None,
    next_session: NextSession | None,
    taken: Sequence[TakenOn],
    baselines: Mapping[View, str],
) -> list[PhotosAsked]:
    """What shows the skin before it is treated: once fresh photos of it are there, they do until the session."""
    rule = plan().before
    if session_on is None:
        begins, until = today, today + timedelta(days=AHEAD - 1)
    elif next_session is None:
        return []
    else:
        begins, until = next_session.earliest - timedelta(days=rule.days), next_session.latest
        if until < today or begins >= today + timedelta(days=AHEAD):
            return []
    fresh = {one.view for one in taken if one.on > today - timedelta(days=rule.fresh_days)}
    return [_asked("before_session", modality or rule.modality, (begins, until), None, fresh, baselines)]


def _after(
    modality: Modality | None,
    today: date,
    session_on: date | None,
    taken: Sequence[TakenOn],
    baselines: Mapping[View, str],
) -> list[PhotosAsked]:
    if modality is None or session_on is None:
        return []
    sets = []
    for day in plan().modalities[modality].days:
        on = session_on + timedelta(days=day)
        until = on + timedelta(days=_OPEN_DAYS - 1)
        if today <= until and on < today + timedelta(days=AHEAD):
            there = {one.view for one in taken if on <= one.on <= until}
            sets.append(_asked("after_session", modality, (on, until), day, there, baselines))
    return sets


def _asked(
    reason: Literal["before_session", "after_session"],
    modality: Modality,
    days: tuple[date, date],
    day: int | None,
    there: set[View],
    baselines: Mapping[View, str],
) -> PhotosAsked:
    chosen = plan().modalities[modality]
    views = tuple(
        ViewAsked(
            view=view,
            name=plan().views[view].name,
            how=plan().views[view].how,
            when_needed=view in chosen.when_needed,
            taken=view in there,
            baseline=baselines.get(view),
        )
        for view in (*chosen.views, *chosen.when_needed)
    )
    return PhotosAsked(reason=reason, date=days[0], until=days[1], day=day, views=views)
