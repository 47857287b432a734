"""The process in which a stranger's file is decoded: `python -m aftercare.photos.worker SETTINGS`.

It gives up what it does not need before it reads anything: memory, files, core dumps, its place in the queue for the
processor. It has no sockets and none of the service's settings. Started and ended by `PhotoWorkers` only.
"""

import math
import os
import resource
import signal
import sys
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO

import msgspec
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from aftercare.errors import AftercareError
from aftercare.model.photos import PhotoLimits
from aftercare.photos.formats import load_decoders
from aftercare.photos.renditions import render
from aftercare.photos.wire import ERRORS, LENGTH_BYTES, Answer, Done, Refused, WorkerSettings

_NICE = 19  # where the system knows nothing that gives way more
# Standard input, output and error, and where answers go. Nothing is left with which to open another file.
_OPEN_FILES = 4


def main() -> None:
    """Answer photos on standard input until it ends."""
    settings = msgspec.json.decode(sys.argv[1], type=WorkerSettings)
    photos, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the frames
    _load_everything()
    _give_up_rights(settings.memory_bytes)
    _write(answers, b"")
    while (photo := _read(photos)) is not None:
        # The service ends a worker that takes too long; should the service be gone, nobody else would.
        signal.alarm(settings.patience + 5)
        _processor_for(settings.seconds)
        _write(answers, msgspec.msgpack.encode(_answer(photo, settings.limits)))
        signal.alarm(0)
        del photo  # idle, it holds nothing


def _load_everything() -> None:
    """What is loaded on its first use is loaded now: later no file can be opened any more."""
    load_decoders()
    profile, exif, out = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")), Image.Exif(), BytesIO()
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2026:03:29 14:05:10"
    Image.new("RGB", (16, 16)).save(out, "JPEG", icc_profile=profile.tobytes(), exif=exif)
    render(out.getvalue())


def _processor_for(seconds: int) -> None:
    """Seconds of the processor, on top of those used so far: what spins is ended by the system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with suppress(ValueError, OSError):
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, most))


def _give_way() -> None:
    """A check-in never waits for a photo, which has what is left of the processor."""
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(_NICE)


def _give_up_rights(memory_bytes: int) -> None:
    _give_way()
    # Sent to every process of the service; but the service finishes its requests first, and then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),  # a core dump would be a photo left on the disk
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        with suppress(ValueError, OSError):  # not every system knows every limit; the others still hold
            resource.setrlimit(what, (most, most))


def _answer(photo: bytes, limits: PhotoLimits) -> Answer:
    try:
        return Done(render(photo, limits))
    except AftercareError as error:
        return Refused(next(word for word, kind in ERRORS.items() if isinstance(error, kind)))


def _read(photos: BinaryIO) -> bytes | None:
    length = photos.read(LENGTH_BYTES)
    return photos.read(int.from_bytes(length, "big")) if len(length) == LENGTH_BYTES else None


def _write(answers: BinaryIO, content: bytes) -> None:
    answers.write(len(content).to_bytes(LENGTH_BYTES, "big"))
    answers.write(content)
    answers.flush()


if __name__ == "__main__":
    main()
