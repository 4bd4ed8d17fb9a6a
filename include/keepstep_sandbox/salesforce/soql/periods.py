"""What date literals mean: a first moment and the one after the last, in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from keepstep_sandbox.salesforce.soql.nodes import Period


def bounds(value: Period | date, now: datetime) -> tuple[datetime, datetime]:
    """Give the first moment of a period, and the first one after it."""
    today = now.date()
    if isinstance(value, Period):
        first, end = _days(value, today)
    else:
        first, end = value, value + timedelta(days=1)
    return datetime.combine(first, time(), UTC), datetime.combine(end, time(), UTC)


def _days(period: Period, today: date) -> tuple[date, date]:
    day, month, count = timedelta(days=1), today.replace(day=1), period.days
    spans = {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "LAST_N_DAYS": (today - count * day, today + day),  # today counts as well
        "NEXT_N_DAYS": (today + day, today + (count + 1) * day),
        "THIS_MONTH": (month, (month + 31 * day).replace(day=1)),
        "LAST_MONTH": ((month - day).replace(day=1), month),
        "THIS_YEAR": (today.replace(month=1, day=1), date(today.year + 1, 1, 1)),
    }
    return spans[period.word]
