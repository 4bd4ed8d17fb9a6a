"""The bodies of $batch: requests as multipart/mixed, and the answer's parts in their order. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from keepstep.connectors.base import Json
from keepstep.connectors.calls import Reply

_EOL: Final = "\r\n"
_STATUS = re.compile(rb"HTTP/[0-9.]+\s+([0-9]{3})")
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a batch."""

    method: str
    path: str = field(repr=False)
    json: Json = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def body_of(parts: Sequence[Part]) -> tuple[str, bytes]:
    """The content type and the body."""
    texts = [_text(part) for part in parts]
    # Made of the content, so that it can't stand in it.
    boundary = "batch_" + hashlib.sha256(_EOL.join(texts).encode()).hexdigest()[:32]
    whole = "".join(f"--{boundary}{_EOL}{text}{_EOL}" for text in texts) + f"--{boundary}--{_EOL}"
    return f"multipart/mixed; boundary={boundary}", whole.encode()


def replies_of(reply: Reply) -> list[Reply]:
    """What was answered to each request, in order; fewer where the answer was cut off, or can't be read."""
    found = _BOUNDARY.search(reply.headers.get("Content-Type", ""))
    if found is None:
        return []
    pieces = (b"\n" + reply.body).split(b"\n--" + found[1].encode())
    replies = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        one = _reply(piece)
        if one is None:
            break  # what comes after it can't be told apart any more
        replies.append(one)
    return replies


def _text(part: Part) -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary", ""]
    lines.append(f"{part.method} {part.path} HTTP/1.1")
    if part.json is not None:
        lines.append("Content-Type: application/json; type=entry")
    lines += ["Accept: application/json", *(f"{name}: {value}" for name, value in part.headers.items()), ""]
    lines.append("" if part.json is None else orjson.dumps(part.json).decode())
    return _EOL.join(lines)


def _reply(piece: bytes) -> Reply | None:
    _, _, http = _divided(piece.lstrip(b"\r\n"))
    status = _STATUS.match(http.lstrip(b"\r\n"))
    if status is None:
        return None
    head, _, body = _divided(http.lstrip(b"\r\n"))
    lines = head.decode("latin-1").splitlines()[1:]
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = body.strip()
    try:
        json: Json = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        json = None
    return Reply(int(status[1]), headers, body, json, broken=bool(body) and json is None)


def _divided(text: bytes) -> tuple[bytes, bytes, bytes]:
    """At its first blank line."""
    found = _BLANK_LINE.search(text)
    return (text, b"", b"") if found is None else (text[: found.start()], found[0], text[found.end() :])
