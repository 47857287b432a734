"""The OpenAPI document as it stands in the repository."""

from aftercare.api.app import create_app
from aftercare.api.schema import document
from aftercare.services.house import build_house
from aftercare.settings import Settings


def openapi_document() -> bytes:
    """The server's OpenAPI 3.1 as formatted JSON, in UTF-8; opens nothing. What docs/openapi.json holds."""
    return document(create_app(build_house(Settings(), with_worker=False)))
