"""The `Prefer` header."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from starlette.requests import Request

_PART: Final = re.compile(r'\s*((?:[^,"]|"[^"]*")+)')
FORMATTED: Final = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE: Final = "Microsoft.Dynamics.CRM.lookuplogicalname"
LOOKUP_NAVIGATION: Final = "Microsoft.Dynamics.CRM.associatednavigationproperty"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a client would like.

    Attributes:
        page: rows of a page.
        track: whether changes are to be tracked from here on.
        representation: whether a write answers with the row.
        annotations: which of them; patterns.
        go_on: whether a batch goes on after an error.
    """

    page: int | None = None
    track: bool = False
    representation: bool = False
    annotations: tuple[str, ...] = ()
    go_on: bool = False

    def annotates(self, name: str) -> bool:
        """Tell whether an annotation is wanted."""
        return any(fnmatchcase(name, pattern) for pattern in self.annotations)

    def applied(self) -> dict[str, str]:
        """Give the header that says which of them were met."""
        words = [f"odata.maxpagesize={self.page}"] if self.page is not None else []
        words += ["odata.track-changes"] if self.track else []
        words += [f'odata.include-annotations="{",".join(self.annotations)}"'] if self.annotations else []
        return {"Preference-Applied": ",".join(words)} if words else {}


def preferences(request: Request) -> Preferences:
    """Read them; words that this sandbox doesn't know are passed over."""
    words: dict[str, str] = {}
    for header in request.headers.getlist("prefer"):
        for part in _PART.findall(header):
            name, _, value = part.partition("=")
            words[name.strip().lower()] = value.strip().strip('"')
    size = words.get("odata.maxpagesize", "")
    wanted = words.get("odata.include-annotations", "")
    return Preferences(
        int(size) if size.isdecimal() and int(size) > 0 else None,
        "odata.track-changes" in words,
        words.get("return") == "representation",
        tuple(name.strip() for name in wanted.split(",") if name.strip()),
        words.get("odata.continue-on-error", "false") in ("", "true"),
    )
