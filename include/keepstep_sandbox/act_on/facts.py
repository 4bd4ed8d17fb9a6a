"""A person's facts: score, what it consists of, and the activities of the months that are loaded."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from keepstep_sandbox.act_on.account import Account
from keepstep_sandbox.act_on.seeded import DAY_MS, Activity
from keepstep_sandbox.act_on.verbs import VERBS

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def facts_of(account: Account, email: str) -> dict[str, object]:
    """Write the facts reply of an address; a person who never did a thing has a score of 0 and empty lists."""
    now_ms = account.now_ms()
    past = [each for each in account.behaviour.of(email) if each.when_ms <= now_ms]
    months = loaded_months(past, account.settings.facts_months)
    lines = account.behaviour.score_lines(email, now_ms)
    inbound = [each.when_ms for each in past if VERBS[each.verb].inbound]
    outbound = [each.when_ms for each in past if not VERBS[each.verb].inbound]
    period = account.behaviour.period_days
    activity = {
        "score": sum(line.points for line in lines),
        "ScorePeriod": "all time" if period is None else f"last {period} days",
        "ScoreDetails": [
            {
                "id": line.asset,
                "idType": line.id_type,
                "action": line.action,
                "score": line.points,
                "specific": False,
                "profile": False,
            }
            for line in lines
        ],
        "HasScoreSheet": True,
        "HasBehaviorScore": bool(lines),
        "HasProfileScore": False,
        "firstInbound": ago(min(inbound, default=None), now_ms),
        "lastInbound": ago(max(inbound, default=None), now_ms),
        "firstOutbound": ago(min(outbound, default=None), now_ms),
        "lastOutbound": ago(max(outbound, default=None), now_ms),
        "EntryMonthsAvailable": months,
        "entries": [],
    }
    shown = [_entry(account, each, now_ms) for each in reversed(past) if month_of(each.when_ms) in months]
    return {"activity": activity, "activitylist": shown}


def month_of(moment_ms: int) -> str:
    """Write a moment's month as YYMM."""
    return f"{EPOCH + timedelta(milliseconds=moment_ms):%y%m}"


def loaded_months(past: Iterable[Activity], limit: int | None) -> list[str]:
    """Name the months in which something happened, oldest first: the latest `limit` of them, or all."""
    months = sorted({month_of(each.when_ms) for each in past})
    return months if limit is None else months[max(0, len(months) - limit) :]


def ago(moment_ms: int | None, now_ms: int) -> str:
    """Write how long ago something was, as "6 Days Ago"; empty if it never was."""
    if moment_ms is None:
        return ""
    days = now_ms // DAY_MS - moment_ms // DAY_MS
    match days:
        case 0:
            return "Today"
        case 1:
            return "Yesterday"
        case _:
            return f"{days} Days Ago"


def _entry(account: Account, activity: Activity, now_ms: int) -> dict[str, object]:
    when, verb = EPOCH + timedelta(milliseconds=activity.when_ms), VERBS[activity.verb]
    return {
        "Verb": activity.verb,
        "What": activity.what,
        "WhenMillis": activity.when_ms,
        "Bin": verb.bin,
        "InScoreRange": account.behaviour.in_period(activity, now_ms),
        "id": activity.asset,
        "idType": verb.id_type,
        "Responses": [],
        "d": f"{when:%d}",
        "m": f"{when:%b}",
        "y": f"{when:%y}",
        "ago": str((now_ms - activity.when_ms) // DAY_MS),
    }
