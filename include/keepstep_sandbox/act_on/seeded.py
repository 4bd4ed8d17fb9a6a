"""A plausible past for each person, drawn from the seed and the address alone."""

import random
import zlib
from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
MONTH_MS: Final = 30 * DAY_MS

_PAGES = ("/pricing", "/product", "/customers", "/blog/spring-release", "/contact", "/docs")
_FORMS = (
    ("q-0001", "Request a demo"),
    ("8f2c6a10-52d1-4a7e-9a51-6f0d2b8c1e02", "Newsletter"),
)
_LANDING = (("p-0001", "Spring offer"), ("p-0002", "Buyer's guide"))
_MEDIA = (("m-0001", "Buyer's guide.pdf"), ("m-0002", "Price list.pdf"))
_WEBINARS = (("w-0001", "Getting started"), ("w-0002", "What is new"))


@dataclass(frozen=True, slots=True, order=True)
class Activity:
    """One thing that happened: `verb` is a key of VERBS, `when_ms` counts from 1970, `asset` is the id it is about."""

    when_ms: int
    verb: str
    what: str
    asset: str


@dataclass(frozen=True, slots=True)
class Message:
    """A mailing that went out; the tail of its id is the month, YYMM."""

    id: str
    subject: str
    sent_ms: int


@dataclass(frozen=True, slots=True)
class History:
    """What the draw needs: the same values give everybody the same past.

    Attributes:
        seed: of the sandbox.
        until_ms: nothing is seeded after it.
        months: length of the past, in months of 30 days.
        active_share: share of the addresses with any activity, 0..1.
        messages: the mailings that the active ones got.
    """

    seed: int
    until_ms: int
    months: int
    active_share: float
    messages: tuple[Message, ...]

    def of(self, address: str) -> list[Activity]:
        """Draw a person's past, oldest first; empty for most."""
        # crc32 first: seeding a generator for each of 100,000 addresses, most of them idle, would take seconds.
        if zlib.crc32(f"{self.seed}/{address}".encode()) / 2**32 >= self.active_share:
            return []
        draw = random.Random(f"{self.seed}/activity/{address}")
        keenness = draw.random()  # 0 hardly looks, 1 opens everything
        past = [*self._mail(draw, keenness), *self._visits(draw, keenness)]
        return sorted(past)

    def _mail(self, draw: random.Random, keenness: float) -> list[Activity]:
        found = []
        for message in self.messages:
            found.append(Activity(message.sent_ms, "s", f"Sent: {message.subject}", message.id))
            opened_ms = message.sent_ms + draw.randrange(1, DAY_MS)
            if draw.random() < keenness and opened_ms < self.until_ms:
                found.append(Activity(opened_ms, "os", f"Opened: {message.subject}", message.id))
                if draw.random() < keenness / 2:
                    clicked_ms = min(opened_ms + draw.randrange(1, 600_000), self.until_ms - 1)
                    found.append(Activity(clicked_ms, "r", f"Clicked: {message.subject}", message.id))
        return found

    def _visits(self, draw: random.Random, keenness: float) -> list[Activity]:
        return [self._visit(draw) for _ in range(round(keenness * 25))]

    def _visit(self, draw: random.Random) -> Activity:
        when_ms = self.until_ms - 1 - draw.randrange(self.months * MONTH_MS)
        verb = draw.choices(("sv", "l", "fv", "fs", "d", "wr", "wa"), weights=(60, 14, 10, 4, 7, 3, 2))[0]
        match verb:
            case "sv":
                page = draw.choice(_PAGES)
                return Activity(when_ms, verb, f"Visited: {page}", page)
            case "fv" | "fs":
                asset, title = draw.choice(_FORMS)
                return Activity(when_ms, verb, f"{'Viewed' if verb == 'fv' else 'Submitted'}: {title}", asset)
            case "l":
                asset, title = draw.choice(_LANDING)
                return Activity(when_ms, verb, f"Landed on: {title}", asset)
            case "d":
                asset, title = draw.choice(_MEDIA)
                return Activity(when_ms, verb, f"Downloaded: {title}", asset)
            case _:
                asset, title = draw.choice(_WEBINARS)
                return Activity(when_ms, verb, f"{'Registered for' if verb == 'wr' else 'Attended'}: {title}", asset)
