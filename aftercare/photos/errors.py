"""What can be wrong with a photo, said so that the patient can act on it. Nothing of the file is in it."""

from typing import ClassVar

from aftercare.errors import AftercareError


class PhotoTooLargeError(AftercareError):
    """The picture is too large. Send it in a smaller size, or take it again with the ordinary camera setting."""

    status: ClassVar[int] = 413
    type: ClassVar[str] = "photo-too-large"
    title: ClassVar[str] = "Photo too large"


class PhotoKindError(AftercareError):
    """The file is not a picture that we can take. Send a photo as JPEG, PNG, WebP, AVIF or HEIC."""

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


class PhotosOfTodayUsedError(AftercareError):
    """You have sent as many photos today as can be taken. Keep this one on the phone; it can be sent after midnight."""

    status: ClassVar[int] = 429
    type: ClassVar[str] = "photos-of-today-used"
    title: ClassVar[str] = "Enough photos for today"

    def __init__(self, photos_a_day: int, *, retry_after: int) -> None:
        """`retry_after` is in seconds, until the patient's day ends."""
        super().__init__(
            f"Up to {photos_a_day} photos can be taken on one day, and today's are here. Keep this one on the phone and "
            "send it after midnight. Your check-ins go on as usual.",
            retry_after=retry_after,
        )


class PhotoRoomUsedError(AftercareError):
    """All the room for your photos is used. Please tell the clinic, which can make more. Your check-ins go on as usual."""

    status: ClassVar[int] = 413
    type: ClassVar[str] = "photo-room-used"
    title: ClassVar[str] = "No room for more photos"


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


class PhotoErasedError(AftercareError):
    """This photo was erased, and nobody can read it any more."""

    status: ClassVar[int] = 410
    type: ClassVar[str] = "photo-erased"
    title: ClassVar[str] = "Photo erased"


class SealBrokenError(AftercareError):
    """The picture was changed or damaged where it is kept, so it is not shown. The clinic's IT can restore it."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "photo-seal-broken"
    title: ClassVar[str] = "Photo damaged in the store"


class KeysUnavailableError(BlobsUnavailableError):
    """Photos cannot be kept or shown just now: their keys are away. Keep this one on the phone and send it again."""


class KeyMissingError(KeysUnavailableError):
    """The key of this photo is missing. The clinic's IT can bring it back from a key backup."""


class MasterKeyError(AftercareError):
    """The master key does not fit the keys. Set AFTERCARE_MASTER_KEY_FILE (or AFTERCARE_MASTER_KEY) to the one that wrapped them; `aftercare keys master` makes one for a new installation."""
