"""Which packs judge a clinic's recoveries, and what becomes of what they say: told, or only counted."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from aftercare.checks.floor import told_before_release
from aftercare.checks.pack import RulePack, default_pack
from aftercare.checks.recovery import findings
from aftercare.model.check_ins import Kept
from aftercare.model.findings import Finding
from aftercare.model.recovery import Recovery

Found = dict[UUID, list[Finding]]


class Judging(msgspec.Struct, frozen=True, kw_only=True):
    """The packs of a clinic that judge what arrives.

    Where no pack was released yet the shipped one tells, and of it only what `told_before_release` lets through.
    """

    pack: RulePack = msgspec.field(default_factory=default_pack)  # tells
    released: bool = True
    shadow: RulePack | None = None  # counts
    shadow_number: int | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the packs say, by episode.

    `said` is all that the pack which tells has found: the patient's advice follows it, so that nobody is told less
    because their clinic has not released its rules yet. `told` becomes alerts; `muted` is what the pack in shadow says
    beyond that.
    """

    said: Found
    told: Found
    muted: Found


def judge_recovery(judging: Judging, recovery: Recovery, new: Sequence[Kept]) -> Judged:
    """Judge new check-ins and what came after the oldest of them by every pack that judges."""
    said = findings(judging.pack, recovery, new)
    if judging.shadow is None or judging.shadow is judging.pack:
        return sort_out(judging, said, said)
    return sort_out(judging, said, findings(judging.shadow, recovery, new))


def sort_out(judging: Judging, said: Found, in_shadow: Found) -> Judged:
    """Tell apart what is told and what is counted. `in_shadow` is what the pack in shadow says."""
    told = said if judging.released else _kept(said)
    muted = {}
    if judging.shadow_number is not None:
        for episode_id, those in in_shadow.items():
            tiers = {_evidence(one): one.tier.rank for one in told.get(episode_id, ())}
            more = [one for one in those if tiers.get(_evidence(one), -1) < one.tier.rank]
            if more:
                muted[episode_id] = more
    return Judged(said=said, told=told, muted=muted)


def _kept(said: Found) -> Found:
    return {
        episode_id: [one for one in those if told_before_release(one)] for episode_id, those in said.items()
    }


def _evidence(finding: Finding) -> tuple[str | None, str]:
    return finding.check_in, finding.row
