"""How many photos one patient may send."""

from typing import Annotated

import msgspec


class PhotoQuota(msgspec.Struct, frozen=True, kw_only=True):
    """Photos on one day of the patient's calendar, photos that are kept of one patient, and bytes of all their renditions.

    Four views taken three times are 12 photos; whoever comes back from two weeks without a network sends 56 at once. A
    display size and its thumbnail take 0.4 to 1 MB, so that 2 GiB hold years; the number only binds where photos are tiny,
    so that adding up what a patient has never reads more rows than that.
    """

    photos_a_day: Annotated[int, msgspec.Meta(ge=1)] = 60
    photos_a_patient: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    bytes_a_patient: Annotated[int, msgspec.Meta(ge=1)] = 2 * 2**30
