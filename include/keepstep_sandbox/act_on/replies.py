"""The bodies of replies: JSON, CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from starlette.responses import JSONResponse, StreamingResponse

CSV_CHUNK_ROWS: Final = 1000


def answer(body: object) -> JSONResponse:
    """Write a JSON reply."""
    return JSONResponse(body)


def csv_answer(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingResponse:
    """Write a CSV reply, some rows at a time."""
    return StreamingResponse(_csv_parts(headings, rows), media_type="text/csv")


def _csv_parts(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    part: list[Sequence[object]] = [headings]
    for row in rows:
        part.append(row)
        if len(part) >= CSV_CHUNK_ROWS:
            yield _csv_text(part)
            part = []
    yield _csv_text(part)


def _csv_text(rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()
