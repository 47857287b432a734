"""One photo as a phone sends it: our renditions beside libvips at the same long edges, format and quality."""

from collections.abc import AsyncIterator, Callable
from io import BytesIO
from statistics import median
from time import process_time

from PIL import Image, ImageOps
from PIL.Image import Resampling

from aftercare.photos.renditions import QUALITY, THUMBNAIL_EDGE, render
from tests.bench.camera import phone_photo, structural_similarity
from tests.bench.libvips import shrink
from tests.bench.rows import Row, Stage, ratio

_LIKE = 0.97


async def measure(stage: Stage) -> AsyncIterator[Row]:
    """CPU time, medians of rounds that alternate; and how much of the picture is still in what is kept of it."""
    photo = phone_photo()
    ours = render(photo).display
    edge = max(ours.width, ours.height)
    # Our own encoder settings, so that the files are alike in every respect.
    saving = f"Q={QUALITY},subsample_mode=off,optimize_coding,keep=none"

    def by_libvips() -> bytes:
        shrink(photo, THUMBNAIL_EDGE, saving)
        return shrink(photo, edge, saving)

    theirs = by_libvips()
    ours_ms, theirs_ms = [], []
    for number in range(stage.size(1, 25)):
        stage.say(f"round {number + 1}, {len(photo) / 1e6:.1f} MB")
        ours_ms.append(_cpu_ms(lambda: render(photo)))
        theirs_ms.append(_cpu_ms(by_libvips))
    yield ratio(
        "photo / libvips", ours=median(ours_ms), reference=median(theirs_ms), unit="ms of CPU", goal=0.8, better="lower"
    )  # fmt: skip
    stage.say("likeness")
    yield _likeness(photo, ours.data, theirs)


def _cpu_ms(work: Callable[[], object]) -> float:
    """User and system time of this process: every thread that the libraries have is in it."""
    before = process_time()
    work()
    return (process_time() - before) * 1000


def _likeness(photo: bytes, ours: bytes, theirs: bytes) -> Row:
    """Beside a picture decoded whole, shrunk by Lanczos and never encoded again; the reference is libvips' likeness."""
    kept = Image.open(BytesIO(ours))
    whole = ImageOps.exif_transpose(Image.open(BytesIO(photo))).resize(kept.size, Resampling.LANCZOS)
    value = structural_similarity(kept, whole)
    return Row(
        name="photo: likeness to a full-size Lanczos",
        ours=value,
        reference=structural_similarity(Image.open(BytesIO(theirs)), whole),
        unit="SSIM",
        value=value,
        goal=_LIKE,
        better="higher",
        met=value >= _LIKE,
    )
