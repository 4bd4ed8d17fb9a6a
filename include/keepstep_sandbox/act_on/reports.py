"""Endpoints for mailings: which went out, what came of one, who did it, and the month's sums."""

import calendar
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.errors import ApiError
from keepstep_sandbox.act_on.facts import ago, month_of
from keepstep_sandbox.act_on.gate import guarded
from keepstep_sandbox.act_on.lists import found_in, text_of
from keepstep_sandbox.act_on.parameters import page_of
from keepstep_sandbox.act_on.replies import answer, csv_answer
from keepstep_sandbox.act_on.seeded import Activity, Message

# Which activities a drill-down shows. Nobody's mail is ever held back here, so SUPPRESSED stays empty.
DRILLDOWNS: Final[Mapping[str, frozenset[str]]] = {
    "SENT": frozenset({"s"}),
    "SUPPRESSED": frozenset(),
    "OPENED": frozenset({"os"}),
    "CLICKED": frozenset({"r"}),
    "BOUNCED": frozenset({"hb", "sb"}),
    "OPT_OUT": frozenset({"oo"}),
    "SPAM": frozenset({"sp"}),
}
ACTIONS: Final[Mapping[str, str]] = {"s": "Sent", "os": "Opened", "r": "Clickthrough", "oo": "Opted out"}
SENDER: Final = {"senderName": "Marketing", "senderId": "1", "senderEmail": "marketing@corp.example.com"}
DAY_COUNTS: Final[Mapping[str, frozenset[str]]] = {
    "optedOut": frozenset({"oo"}),
    "hardBounced": frozenset({"hb"}),
    "softBounced": frozenset({"sb"}),
    "opened": frozenset({"os"}),
    "bounced": frozenset({"hb", "sb"}),
    "clicked": frozenset({"r"}),
    "sent": frozenset({"s"}),
}


class ReportEndpoints:
    """The endpoints; `account` gives the present account."""

    def __init__(self, account: Callable[[], Account]) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route("/api/1/message", guarded(self._account, self.listing), methods=["GET"]),
            Route("/api/1/message/report", guarded(self._account, self.by_period), methods=["GET"]),
            Route("/api/1/message/{message_id}/report", guarded(self._account, self.report), methods=["GET"]),
            Route("/api/1/message/{message_id}/report/{verb}", guarded(self._account, self.drill), methods=["GET"]),
        ]

    async def listing(self, request: Request) -> Response:
        """Tell which messages there are; of the types, only SENT has any here."""
        account, page = self._account(), page_of(request)
        wanted = request.query_params.get("type", "SENT").upper()
        messages = list(account.messages.values()) if wanted == "SENT" else []
        shown = page.cut(messages, account.settings.default_count)
        return answer(
            {
                "count": len(shown),
                "totalCount": len(messages),
                "offset": page.offset,
                "msgresult": [_listed(message) for message in shown],
                "id": 0,
            }
        )

    async def report(self, request: Request) -> Response:
        """Sum up what came of a message; of opened and clicked: how many persons, how many times."""
        account = self._account()
        message = _message(account, request, status=400)
        return answer(_report(account, message))

    async def drill(self, request: Request) -> Response:
        """Tell who did a thing with a message, latest first."""
        account, page = self._account(), page_of(request)
        verbs = DRILLDOWNS.get(request.path_params["verb"])
        if verbs is None:
            raise ApiError(10089)
        message = _message(account, request, status=404)
        found = [(email, each) for email, each in account.behaviour.on_asset(message.id) if each.verb in verbs]
        found.sort(key=lambda one: (-one[1].when_ms, one[0]))
        as_csv = request.query_params.get("responseformat", "JSON").upper() == "CSV"
        shown = page.cut(found, len(found) if as_csv else account.settings.default_count)
        rows = [_deed(account, email, activity) for email, activity in shown]
        if as_csv:
            return csv_answer(["email", "action", "ts", "listid", "recid"], _cells(rows))
        return answer({"offset": page.offset, "count": len(rows), "totalCount": len(found), "result": rows})

    async def by_period(self, request: Request) -> Response:
        """Sum up a month of all messages, day by day."""
        account = self._account()
        first = _first_day(request.query_params.get("period") or month_of(account.now_ms()))
        counts = _by_day(account, f"{first:%y%m}")
        days = [first + timedelta(days=more) for more in range(calendar.monthrange(first.year, first.month)[1])]
        return answer({"month": f"{first:%B %Y}", "counts": [_day(day, counts) for day in days]})


def _listed(message: Message) -> dict[str, object]:
    return {
        "name": message.subject,
        "msgId": message.id,
        "msgType": "SENT",
        "timeStamp": str(message.sent_ms),
        "timeWhen": text_of(message.sent_ms),
        "isTextOnly": "false",
        **SENDER,
    }


def _message(account: Account, request: Request, *, status: int) -> Message:
    found = account.messages.get(request.path_params["message_id"])
    if found is None:
        raise ApiError(10030, status=status)  # 400 of the report, 404 of its drill-down: the OpenAPI's examples
    return found


def _report(account: Account, message: Message) -> dict[str, object]:
    deeds = account.behaviour.on_asset(message.id)
    counts = Counter(activity.verb for _, activity in deeds)
    persons = {verb: len({email for email, activity in deeds if activity.verb == verb}) for verb in ("os", "r")}
    latest = {
        verb: max((activity.when_ms for _, activity in deeds if activity.verb == verb), default=None)
        for verb in ("os", "r")
    }
    now_ms = account.now_ms()
    return {
        "status": "ok",
        "sent": counts["s"],
        "delivered": counts["s"] - counts["hb"] - counts["sb"],
        "bounced": counts["hb"] + counts["sb"],
        "hardBounced": counts["hb"],
        "softBounced": counts["sb"],
        "opened": [persons["os"], counts["os"]],
        "effectiveopened": [0, 0],
        "clicked": [persons["r"], counts["r"]],
        "notsent": [0, 0],
        "notopened": counts["s"] - persons["os"],
        "optout": counts["oo"],
        "spam": counts["sp"],
        "lastOpen": ago(latest["os"], now_ms),
        "lastClick": ago(latest["r"], now_ms),
        "lastOpenTS": latest["os"] or 0,
        "lastClickTS": latest["r"] or 0,
        "rebroadcast": 0,
        "rebroadcastClick": 0,
        "msgId": message.id,
        "subject": message.subject,
        "title": message.subject,
        "sentto": [],
        "suppressedon": [],
    }


def _deed(account: Account, email: str, activity: Activity) -> dict[str, object]:
    list_id, record_id = next(found_in(account, email), ("", ""))
    return {
        "listid": list_id,
        "recid": record_id,
        "email": email,
        "action": ACTIONS.get(activity.verb, activity.verb),
        "data": activity.what,
        "when": text_of(activity.when_ms),
        "ts": activity.when_ms,
    }


def _cells(rows: Sequence[Mapping[str, object]]) -> list[list[object]]:
    return [[row[name] for name in ("email", "action", "ts", "listid", "recid")] for row in rows]


def _first_day(period: str) -> date:
    if len(period) != 4 or not period.isdecimal() or not 1 <= int(period[2:]) <= 12:
        raise ApiError(10160)
    return date(2000 + int(period[:2]), int(period[2:]), 1)


def _by_day(account: Account, month: str) -> Counter[tuple[int, str]]:
    counts: Counter[tuple[int, str]] = Counter()
    for message in account.messages:
        for _, activity in account.behaviour.on_asset(message):
            if month_of(activity.when_ms) == month:
                counts[datetime.fromtimestamp(activity.when_ms / 1000, UTC).day, activity.verb] += 1
    return counts


def _day(day: date, counts: Counter[tuple[int, str]]) -> dict[str, int]:
    sums = {name: sum(counts[day.day, verb] for verb in verbs) for name, verbs in DAY_COUNTS.items()}
    # 1 is Sunday: 1 October 2019, a Tuesday, is 3 in the published example.
    return {"dayOfWeek": day.isoweekday() % 7 + 1, "dayOfMonth": day.day, **sums}
