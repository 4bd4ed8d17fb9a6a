"""Every SuiteQL query that is sent. Pure.

Laws: what comes from outside (addresses, names, external ids) goes in as a bound parameter, never into the text; ids
are integers; stamps are made here; field names are checked in `fields.py`. Lists go by keyset (`id > last ORDER BY
id`, offset 0), which rows that move while we page can't disturb, and which knows no cap of 100,000 rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from keepstep.connectors.base import FetchBy
from keepstep.connectors.netsuite.fields import COMPANY, CONTACT, CUSTOMER, LEAD, OPT_OUT, OWNER, STAGE, USER, Column
from keepstep.core.model import FieldType

STAGE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "affiliated_with_customers": "Customer",
        "affiliated_with_prospects": "Prospect",
        "affiliated_with_leads": "Lead",
    }
)
UNAFFILIATED: Final = "unaffiliated"
AUDIENCES: Final = frozenset({*STAGE_OF, UNAFFILIATED})
CHUNK: Final = 200  # keys of one fetch; Oracle takes 1000 in a list
_STAMP: Final = "'YYYY-MM-DD HH24:MI:SS'"
_TABLE: Final = MappingProxyType({CONTACT: "c", CUSTOMER: "cu", LEAD: "cu", USER: "e"})  # each object's alias
_SOURCE: Final = MappingProxyType(
    {
        CONTACT: "contact c LEFT JOIN customer cu ON cu.id = c.company",
        CUSTOMER: "customer cu",
        LEAD: "customer cu",
        USER: "employee e",
    }
)
# What a `Record` tells beside its fields.
_TOLD: Final = MappingProxyType(
    {
        CONTACT: ("externalid", "email", "isinactive"),
        CUSTOMER: ("externalid", "email", "isinactive"),
        LEAD: ("externalid", "email", "isinactive", OWNER.lower()),
        USER: ("email", "isinactive", "entityid", "firstname", "lastname"),
    }
)
# Under what types a deletion may stand: a lead that grew is a prospect or customer by then. Metadata tells no more,
# so companies that were deleted are told as well; nobody follows them.
_BURIED_AS: Final = MappingProxyType({LEAD: ("CUSTOMER", "LEAD", "PROSPECT")})
_INDIVIDUAL: Final = "cu.isperson = 'T'"
_COMPANY: Final = "cu.isperson = 'F'"


@dataclass(frozen=True, slots=True)
class SuiteQuery:
    """A query, its bound values, and a name for counts and error texts."""

    label: str
    text: str
    params: tuple[str, ...] = ()


CLOCK: Final = SuiteQuery("clock", f"SELECT TO_CHAR(SYSDATE, {_STAMP}) AS local_now FROM dual")
STATUSES: Final = SuiteQuery("statuses", "SELECT * FROM entitystatus")


def listing(object: str, columns: Sequence[Column], audience: str | None, after: int) -> SuiteQuery:
    """Everybody in the audience (None: everybody, inactive ones too) with an id above `after`."""
    where = [] if audience is None else _in_audience(audience)
    return _select(object, columns, where, after)


def changes(object: str, columns: Sequence[Column], since: str, after: int) -> SuiteQuery:
    """Who was saved since that local stamp, or belongs to a company that was: a new stage shows at the company only."""
    stamp = f"TO_DATE('{since}', {_STAMP})"
    where = f"{_TABLE[object]}.lastmodifieddate >= {stamp}"
    if object == CONTACT:
        where = f"({where} OR cu.lastmodifieddate >= {stamp})"
    return _select(object, columns, [where], after)


def deletions(object: str, since: str, after: int) -> SuiteQuery:
    """What was deleted, or merged into another, since that local stamp."""
    types = _is_one_of(_BURIED_AS.get(object, (object.upper(),)))
    return SuiteQuery(
        "deletedrecord",
        f"SELECT recordid, TO_CHAR(deleteddate, {_STAMP}) AS deleted FROM deletedrecord "
        f"WHERE UPPER(type) {types} AND deleteddate >= TO_DATE('{since}', {_STAMP}) "
        f"AND recordid > {int(after)} ORDER BY recordid",
    )


def lookup(
    object: str, columns: Sequence[Column], audience: str | None, by: FetchBy, keys: Sequence[str], after: int
) -> SuiteQuery:
    """The records with these keys; the audience counts for all keys but ids."""
    alias = _TABLE[object]
    if by is FetchBy.ID:
        return _select(object, columns, [f"{alias}.id IN ({', '.join(str(int(key)) for key in keys)})"], after)
    column = {
        FetchBy.EMAIL: f"UPPER(TRIM({alias}.email))",
        FetchBy.NAME: f"UPPER(TRIM({alias}.companyname))",
        FetchBy.EXTERNAL_ID: f"{alias}.externalid",
    }[by]
    folded = tuple(keys) if by is FetchBy.EXTERNAL_ID else tuple(folded_like_oracle(key) for key in keys)
    where = [f"{column} IN ({', '.join('?' for _ in keys)})"]
    where += [_COMPANY] if by is FetchBy.NAME else []  # an individual's company is a text, and may have this name
    where += [] if audience is None else _in_audience(audience)
    return _select(object, columns, where, after, folded)


def folded_like_oracle(text: str) -> str:
    """As UPPER(TRIM(x)) has it: letters one by one (Oracle leaves the German sharp s alone), blanks off both ends."""
    return "".join(u if len(u := letter.upper()) == 1 else letter for letter in text.strip(" "))


def _is_one_of(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    return f"= {quoted[0]}" if len(quoted) == 1 else f"IN ({', '.join(quoted)})"


def _in_audience(audience: str) -> list[str]:
    stage = STAGE_OF.get(audience)
    return ["cu.id IS NULL" if stage is None else f"cu.searchstage = '{stage}'", "c.isinactive = 'F'"]


def _select(
    object: str, columns: Sequence[Column], where: Sequence[str], after: int, params: tuple[str, ...] = ()
) -> SuiteQuery:
    alias = _TABLE[object]
    told = [f"{alias}.{column}" for column in ("id", *_TOLD[object])]
    if object != USER:  # of whom all are listed again, and no more is asked than is sure to be there
        told += ["cu.searchstage AS stage", *(["cu.id AS customerid"] if object == CONTACT else [])]
        told += [f"TO_CHAR({alias}.lastmodifieddate, {_STAMP}) AS modified"]
    told += [part for n, column in enumerate(columns) for part in _expressions(alias, column, f"f{n}")]
    conditions = " AND ".join([*where, *([_INDIVIDUAL] if object == LEAD else []), f"{alias}.id > {int(after)}"])
    text = f"SELECT {', '.join(told)} FROM {_SOURCE[object]} WHERE {conditions} ORDER BY {alias}.id"
    return SuiteQuery(object, text, params)


def _expressions(alias: str, column: Column, name: str) -> list[str]:
    if alias == "e" or (alias == "cu" and column.name == STAGE):
        return []  # told anyway
    plain = f"{alias}.{column.sql}"
    if column.source == OPT_OUT:
        return [f"BUILTIN.DF({plain}) AS {name}"]
    if alias == "c" and column.source == COMPANY:  # the name, and what NetSuite shows where it isn't a customer
        return [f"cu.companyname AS {name}", f"BUILTIN.DF({plain}) AS {name}_shown"]
    forms = {
        FieldType.REFERENCE: f"BUILTIN.DF({plain})",
        FieldType.DATE: f"TO_CHAR({plain}, 'YYYY-MM-DD')",  # a bare date comes in the user's own format
        FieldType.DATETIME: f"TO_CHAR({plain}, {_STAMP})",
    }
    return [f"{forms.get(column.type, plain)} AS {name}"]
