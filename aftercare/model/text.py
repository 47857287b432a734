"""Bounds of what people type: said once, in the Structs, so that PostgreSQL never has to refuse first."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# Python's "$" also matches before a last line break: "GB\n" is no country, and no mail address ends its header.
END = r"$(?!\n)"

# NUL cannot be kept by PostgreSQL; other control characters have no place in a single line.
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+" + END)]
OptionalLine = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*" + END)]
Reference = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*" + END)]
Paragraph = Annotated[str, Meta(max_length=4000, pattern=r"^[^\x00]*$")]
# Blanks one by one: what "\s" stands for differs from one language of patterns to the next.
_MAIL_PART = r"[^@,;<>\" \x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+"
Email = Annotated[str, Meta(max_length=254, pattern=f"^{_MAIL_PART}@{_MAIL_PART}" + END)]
OptionalEmail = Annotated[str, Meta(max_length=254, pattern=f"^({_MAIL_PART}@{_MAIL_PART})?" + END)]
Phone = Annotated[str, Meta(max_length=40, pattern=r"^[0-9+() ./-]*" + END)]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}" + END)]  # ISO 3166-1 alpha-2
Language = Annotated[str, Meta(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*" + END)]  # BCP 47
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+" + END)]  # IANA
Handle = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?" + END)]
Instant = Annotated[datetime, Meta(tz=True)]
