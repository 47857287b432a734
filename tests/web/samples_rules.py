"""Sample pages about the clinic's rules: one tried beside a live one, a draft that was refused, a release, a new clinic."""

from datetime import timedelta

from aftercare.checks.clinic_pack import changed, difference
from aftercare.checks.pack import default_pack
from aftercare.model.pages import Page
from aftercare.model.rule_packs import Fault, MutedCount, PackState
from aftercare.model.rule_pages import PackLine, RulesActPage, RulesEditPage, RulesPage
from aftercare.model.views import Head
from aftercare.model.words import Code, Tier
from aftercare.services import dashboard_rules as drawn

_CHANGES = {
    "fever": {"celsius": 37.8},
    "rows": {
        "milia.white_bumps": {"off": True},
        "pain.moderate": {"tier": "same_day"},
        "swelling.moderate": {"alone_from_day": 6},
    },
    "expected": {"microneedling": {"redness": [3, 2, 2, 1, 1, 1, 0]}},
}
_FEVER = "infection.fever would fire later or less often, and the floor holds it: keep this at most 38."


def pages(head: Head) -> dict[str, Page]:
    """Every page about rules, by the name of its sample."""
    tried, _ = changed(default_pack(), _CHANGES, number=3)

    def line(number: int, state: PackState, changes: int, note: str = "", *, released: bool) -> PackLine:
        at = head.now - timedelta(days=10 - number)
        return PackLine(
            number=number,
            state=state,
            note=note,
            changes=changes,
            at=at,
            by="Practitioner One",
            released=released,
        )

    first = line(1, PackState.SHADOW, 0, released=False)
    live, shadow = line(2, PackState.LIVE, 1, released=True), line(3, PackState.SHADOW, 4, "Pain is told the same day.", released=False)  # fmt: skip
    packs = (
        line(4, PackState.DRAFT, 0, released=False),
        shadow,
        live,
        line(1, PackState.RETIRED, 0, released=True),
    )
    differs = difference(default_pack(), tried)
    muted = tuple(
        MutedCount(code=code, row=row, tier=tier, findings=times, patients=patients)
        for code, row, tier, times, patients in (
            (Code.PAIN, "pain.moderate", Tier.SAME_DAY, 12, 9),
            (Code.REDNESS, "redness.above", Tier.ROUTINE, 5, 4),
            (Code.SILENCE, "silence.high_risk.2026-03-04", Tier.SOON, 1, 1),
        )
    )
    rules = RulesPage(
        head=head, packs=packs, shown=shadow, version=2, live=live, in_shadow=shadow, against=2, difference=differs,
        muted=muted, muted_days=28, groups=drawn.groups_of(tried), bands=drawn.bands_of(tried), may_change=True,
    )  # fmt: skip
    new = RulesPage(
        head=head, packs=(first,), shown=first, version=1, live=None, in_shadow=first, against=0, difference=(),
        muted=(), muted_days=28, groups=drawn.groups_of(default_pack()), bands=drawn.bands_of(default_pack()), may_change=True,
        offers=drawn.offers(),
    )  # fmt: skip
    faults = (Fault(pointer="/fever/celsius", sentence=_FEVER, rows=("infection.fever",)),)
    refused = RulesEditPage(
        head=head, number=4, version=1, note="Warmer.", problem="Something needs another look.",
        sections=drawn.sections_of(tried, {"/fever/celsius": "39"}, {one.pointer: one.sentence for one in faults}),
    )  # fmt: skip
    release = RulesActPage(
        head=head,
        pack=shadow,
        version=2,
        act="release",
        live=live,
        in_shadow=shadow,
        against=2,
        difference=differs,
    )
    return {"rules": rules, "rules-new": new, "rules-edit": refused, "rules-release": release}
