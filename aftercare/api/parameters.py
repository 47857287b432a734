"""Parameters of an address, taken strictly."""

from functools import cache
from typing import Any

from litestar import Request
from litestar.handlers import BaseRouteHandler

from aftercare.errors import Malformed


def refuse_null(request: Request[Any, Any, Any]) -> None:
    """Refuse the word null where a parameter can be left out: the framework takes it as left out. Raises Malformed."""
    if not request.scope["query_string"]:
        return
    wrong = _can_be_left_out(request.route_handler).intersection(
        name for name, value in request.query_params.multi_items() if value.casefold() == "null"
    )
    if wrong:
        raise Malformed(pointers=dict.fromkeys(sorted(wrong), "null is not a value; leave it out instead"))


@cache
def _can_be_left_out(handler: BaseRouteHandler) -> frozenset[str]:
    """Parameters of a kind of their own; in a text, null is a word like any other."""
    parameters = handler.parsed_fn_signature.parameters.values()
    return frozenset(
        getattr(one.kwarg_definition, "name", None) or one.name
        for one in parameters
        if one.is_optional and str not in one.args
    )
