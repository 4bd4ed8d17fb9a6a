"""The rows of the seeded people: most are the persons of the Salesforce sandbox, some only ever filled in a form."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from keepstep_sandbox.account_engagement import schema as objects
from keepstep_sandbox.account_engagement.scoring import CLICK, DEFAULT_POINTS, OPEN, PASSIVE, SENT, SUCCESS, rule_of
from keepstep_sandbox.account_engagement.settings import AccountEngagementSettings
from keepstep_sandbox.account_engagement.table import Row
from keepstep_sandbox.account_engagement.values import MAX_EMAIL
from keepstep_sandbox.people import FIRST_DAY, Person, population
from keepstep_sandbox.salesforce import SalesforceSettings
from keepstep_sandbox.salesforce import seeded as salesforce
from keepstep_sandbox.salesforce.schema import CONTACT, LEAD, Schema

FIRST_IDS: Final = {
    objects.USERS: 101,
    objects.FOLDERS: 201,
    objects.CAMPAIGNS: 301,
    objects.LISTS: 401,
    objects.CUSTOM_FIELDS: 501,
    objects.ACCOUNTS: 601,
    objects.PROSPECTS: 10_000_001,
    objects.MEMBERSHIPS: 20_000_001,
    objects.ACTIVITIES: 30_000_001,
}
API_USER: Final = FIRST_IDS[objects.USERS]
STATIC_LISTS: Final = ("Newsletter", "Customers in spring")
DYNAMIC_LIST: Final = "Warm prospects"
STRANGER_EVERY: Final = 5  # of five prospects one is no person of the Salesforce sandbox
_PAST: Final = (  # type, asset, id, what it's about; a sent mail comes before its open, an open before its click
    (SENT, "listEmailId", 71, "Spring offer"),
    (OPEN, "listEmailId", 71, "Spring offer"),
    (CLICK, "listEmailId", 71, "Spring offer"),
    (SUCCESS, "formId", 81, "Request a demo"),
)


def rows(settings: AccountEngagementSettings) -> dict[str, list[Row]]:
    """Give every row of a new business unit by object."""
    people = _prospects(settings)
    activities = _with_pasts(settings, people)
    lists = _lists()
    return {
        objects.USERS: _users(),
        objects.FOLDERS: _folders(),
        objects.CAMPAIGNS: [{"id": FIRST_IDS[objects.CAMPAIGNS], "name": "Website", "folderId": 202, **_made()}],
        objects.LISTS: lists,
        objects.CUSTOM_FIELDS: [],
        objects.ACCOUNTS: [],
        objects.PROSPECTS: people,
        objects.ACTIVITIES: activities,
        objects.MEMBERSHIPS: _memberships(settings, lists, people),
    }


def _made(created: datetime = FIRST_DAY, modified: datetime | None = None) -> Row:
    return {"createdAt": created, "updatedAt": modified or created, "createdById": API_USER, "updatedById": API_USER}


def _users() -> list[Row]:
    """Give the users of the Salesforce sandbox, by the same addresses and with their ids there."""
    schema = Schema()
    return [
        {
            "id": API_USER + place,
            "firstName": first,
            "lastName": last,
            "email": f"{first}.{last}@corp.example.com".lower(),
            "username": f"{first}.{last}@corp.example.com".lower(),
            "roleName": "Administrator" if place == salesforce.INTEGRATION else "Sales",
            "salesforceId": salesforce.user_id(schema, place),
            "isDeleted": place == salesforce.INACTIVE,
            **_made(),
        }
        for place, (first, last) in enumerate(salesforce.USERS)
    ]


def _folders() -> list[Row]:
    root = {"id": 201, "name": "Uncategorized", "path": "Uncategorized", **_made()}
    return [root, {"id": 202, "name": "Web", "path": "Uncategorized/Web", "parentFolderId": 201, **_made()}]


def _lists() -> list[Row]:
    first = FIRST_IDS[objects.LISTS]
    static = [{"id": first + place, "name": name, "isDynamic": False} for place, name in enumerate(STATIC_LISTS)]
    dynamic = {"id": first + len(static), "name": DYNAMIC_LIST, "isDynamic": True}
    return [{**one, "title": one["name"], "folderId": 201, **_made()} for one in (*static, dynamic)]


def _prospects(settings: AccountEngagementSettings) -> list[Row]:
    people = population(settings.seed, settings.size, odd_emails=settings.odd_emails)
    companies = {company.number: company for company in people.companies}
    links = _links(settings)
    taken: set[str] = set()
    made = []
    for person in people.persons:
        shared = person.number % STRANGER_EVERY != 0 and 0 < len(person.email) <= MAX_EMAIL
        if person.email in taken and not settings.ampsea:
            shared = False
        row = _prospect(person, person.email if shared else _stranger(person))
        taken.add(row["email"])
        if person.company is not None:
            row["company"], row["city"] = companies[person.company].name, companies[person.company].city
        if shared and person.number in links:
            kind, salesforce_id = links[person.number]
            row |= {"salesforceId": salesforce_id, f"salesforce{kind}Id": salesforce_id}
        made.append(row)
    return made


def _stranger(person: Person) -> str:
    return f"{person.first_name}.{person.last_name}.{person.number}@web.example.com".lower().replace(" ", "")


def _prospect(person: Person, email: str) -> Row:
    row: dict[str, Any] = {
        "id": FIRST_IDS[objects.PROSPECTS] + person.number - 1,
        "email": email,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "jobTitle": person.title,
        "phone": person.phone,
        "source": person.lead_source,
        "score": 0,
        "campaignId": FIRST_IDS[objects.CAMPAIGNS],
        **_made(person.created, person.modified),
    }
    if person.number % 4:  # one of four isn't assigned to anybody
        seller = salesforce.SELLERS[person.number % len(salesforce.SELLERS)]
        row |= {"assignedToId": API_USER + seller, "firstAssignedAt": person.created}
    return row


def _links(settings: AccountEngagementSettings) -> Mapping[int, tuple[str, str]]:
    """Give object and id in the Salesforce sandbox by the person's number, for the share that is linked."""
    if settings.linked_share <= 0:
        return {}
    sister = SalesforceSettings(seed=settings.seed, size=settings.size, odd_emails=settings.odd_emails)
    found = ((kind, row["Id"]) for kind, row in salesforce.rows(Schema(), sister) if kind in (LEAD, CONTACT))
    draw = random.Random(f"{settings.seed}/links")
    return {number: link for number, link in enumerate(found, 1) if draw.random() < settings.linked_share}


def _with_pasts(settings: AccountEngagementSettings, people: list[Row]) -> list[Row]:
    """Draw what some did, and let their scores follow; activities come in the order of their moments."""
    draw = random.Random(f"{settings.seed}/activities")
    drawn: list[tuple[datetime, int, Row]] = []
    for row in people:
        if draw.random() < settings.active_share:
            drawn += [(when, row["id"], one) for when, one in _past(draw, row)]
    drawn.sort(key=lambda entry: entry[:2])
    first = FIRST_IDS[objects.ACTIVITIES]
    return [{"id": first + place, **one} for place, (_, _, one) in enumerate(drawn)]


def _past(draw: random.Random, row: Row) -> Iterator[tuple[datetime, Row]]:
    when = row["createdAt"]
    step = max((row["updatedAt"] - when) / (len(_PAST) + 1), timedelta(seconds=1))
    for kind, asset, number, about in _PAST[: draw.randint(1, len(_PAST))]:
        when = (when + step).replace(microsecond=0)
        row["score"] += DEFAULT_POINTS[rule_of(kind, frozenset({asset}))]
        if kind not in PASSIVE:
            row["lastActivityAt"] = when
            row.setdefault("firstActivityAt", when)
            row["updatedAt"] = max(row["updatedAt"], when)
        told = {"prospectId": row["id"], "type": kind, "typeName": objects.ASSETS[asset], asset: number}
        stamps = {"createdAt": when, "updatedAt": when}
        yield when, {**told, "details": about, "campaignId": row["campaignId"], **stamps}


def _memberships(settings: AccountEngagementSettings, lists: list[Row], people: list[Row]) -> list[Row]:
    draw = random.Random(f"{settings.seed}/lists")
    made: list[Row] = []
    for one in lists:
        for row in people:
            if draw.random() < settings.listed_share:
                pair = {"listId": one["id"], "prospectId": row["id"]}
                made.append({"id": FIRST_IDS[objects.MEMBERSHIPS] + len(made), **pair, **_made(row["createdAt"])})
    return made
