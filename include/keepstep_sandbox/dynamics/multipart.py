"""Reads and writes the multipart bodies of `$batch`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepstep_sandbox.dynamics.errors import DynamicsError, bad_query
from keepstep_sandbox.reasons import reason

_BOUNDARY: Final = re.compile(r'boundary="?([^";,\s]+)"?', re.IGNORECASE)
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
CRLF: Final = "\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers in lower case, and what is below them."""

    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A request within a part."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request within came to."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    content_id: str = ""


def parts(content_type: str, body: bytes) -> list[Part]:
    """Cut a multipart body.

    Raises:
        DynamicsError: it isn't one.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or found is None:
        raise DynamicsError(400, "0x80060888", "The batch request must be 'multipart/mixed' with a boundary.")
    mark = re.escape(f"--{found[1]}".encode())
    pieces = re.split(rb"(?:^|\r?\n)" + mark + rb"(?:--)?[ \t]*(?=\r?\n|$)", body)
    return [_part(piece) for piece in pieces[1:] if piece.strip()]


def call(part: Part) -> Call:
    """Read the request that a part holds.

    Raises:
        DynamicsError: it holds none.
    """
    if part.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/http":
        raise bad_query("A part of a batch needs the Content-Type 'application/http'.")
    first, _, rest = part.content.lstrip(b"\r\n").partition(b"\n")
    words = first.decode(errors="replace").strip().split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise bad_query("A part of a batch begins with 'METHOD URL HTTP/1.1'.")
    inner = _part(b"\n" + rest)
    content_id = part.headers.get("content-id", inner.headers.get("content-id", ""))
    return Call(words[0].upper(), words[1], inner.headers, inner.content.rstrip(b"\r\n"), content_id)


def written(boundary: str, texts: Sequence[str]) -> str:
    """Put parts that are written already between boundaries."""
    return "".join(f"--{boundary}{CRLF}{text}{CRLF}" for text in texts) + f"--{boundary}--{CRLF}"


def part_of(answer: Answer) -> str:
    """Write an answer as a part."""
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {answer.content_id}"] if answer.content_id else []
    lines += ["", f"HTTP/1.1 {answer.status} {reason(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return CRLF.join([*lines, "", answer.body.decode()])


def nested(boundary: str, texts: Sequence[str]) -> str:
    """Write the answers of a change set as a part."""
    return f"Content-Type: multipart/mixed; boundary={boundary}{CRLF}{CRLF}{written(boundary, texts)}"


def _part(piece: bytes) -> Part:
    """Read headers up to the blank line; without headers the piece begins with it."""
    if _BLANK.match(piece):
        return Part({}, _BLANK.sub(b"", piece, count=1))
    head, *rest = _BLANK.split(piece, maxsplit=1)
    lines = (line.partition(":") for line in head.decode(errors="replace").strip().splitlines())
    headers = {name.strip().lower(): value.strip() for name, mark, value in lines if mark}
    return Part(headers, rest[0] if rest else b"")
