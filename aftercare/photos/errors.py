"""What can be wrong with a photo, said so that the patient can act on it. Nothing of the file is in it."""

from typing import ClassVar

from aftercare.errors import AftercareError


class PhotoTooLargeError(AftercareError):
    """The picture is too large. Send it in a smaller size, or take it again with the ordinary camera setting."""

    status: ClassVar[int] = 413
    type: ClassVar[str] = "photo-too-large"
    title: ClassVar[str] = "Photo too large"


class PhotoKindError(AftercareError):
    """The file is not a picture that we can take. Send a photo as JPEG, PNG or WebP."""

    status: ClassVar[int] = 415
    type: ClassVar[str] = "photo-kind"
    title: ClassVar[str] = "Not a picture that we can take"


class PhotoDamagedError(AftercareError):
    """The picture is damaged and cannot be opened. Take it again, or send another one."""

    status: ClassVar[int] = 422
    type: ClassVar[str] = "photo-damaged"
    title: ClassVar[str] = "Photo damaged"


class PhotosBusyError(AftercareError):
    """Many photos are arriving just now. Keep this one on the phone and send it again in a few seconds."""

    status: ClassVar[int] = 503
    type: ClassVar[str] = "photos-busy"
    title: ClassVar[str] = "Photos are busy"

    def __init__(self, detail: str | None = None, *, retry_after: int = 5) -> None:
        """`retry_after` is in seconds, for the Retry-After header."""
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class BlobMissingError(AftercareError):
    """The picture is no longer kept."""

    status: ClassVar[int] = 404
    type: ClassVar[str] = "photo-missing"
    title: ClassVar[str] = "Photo not kept"


class BlobsUnavailableError(AftercareError):
    """Photos cannot be kept or shown just now. Keep this one on the phone and send it again in a minute."""

    status: ClassVar[int] = 503
    type: ClassVar[str] = "photos-unavailable"
    title: ClassVar[str] = "Photo storage is away"

    def __init__(self, detail: str | None = None, *, retry_after: int = 30) -> None:
        """`retry_after` is in seconds, for the Retry-After header."""
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after
