"""RetrieveMetadataChanges, as far as Microsoft's own SDK asks it: some columns' metadata of one table, typed."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics import metadata
from keepstep_sandbox.dynamics.columns import CHOICES, Column, Type
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.errors import bad_query
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.standard import Definition

_ALWAYS: Final = ("LogicalName", "MetadataId")


class MetadataChanges:
    """See the module. Criteria are equalities, all of which must hold."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def retrieve(self, request: Request) -> Response:
        """Answer `GET RetrieveMetadataChanges(Query=@p1)?@p1={...}`."""
        try:
            query = orjson.loads(request.query_params.get("@p1", ""))
        except orjson.JSONDecodeError as error:
            raise bad_query("The parameter '@p1' is no JSON.") from error
        found = [self._table(one, query) for one in self._environment.schema.tables() if _meets(_names(one), query)]
        context = f"{root(request)}/$metadata#Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse"
        told = {
            "@odata.context": context,
            "EntityMetadata": found,
            "ServerVersionStamp": str(self._environment.version),
        }
        return Response(orjson.dumps(told), media_type=JSON)

    def _table(self, one: Definition, query: dict[str, Any]) -> dict[str, Any]:
        told = metadata.chosen(metadata.table(self._environment, one), _wanted(query), _ALWAYS)
        asked = query.get("AttributeQuery")
        if asked is not None:
            columns = [_told(one, column) for column in self._environment.schema.columns(one.name)]
            told["Attributes"] = [
                metadata.chosen(column, _wanted(asked), _ALWAYS) for column in columns if _meets(column, asked)
            ]
        return told


def _names(one: Definition) -> dict[str, Any]:
    return {"LogicalName": one.name, "SchemaName": one.schema_name, "EntitySetName": one.set_name}


def _told(table: Definition, column: Column) -> dict[str, Any]:
    told = metadata.attribute(table, column)
    if column.type in CHOICES | {Type.BOOLEAN}:
        told["OptionSet"] = metadata.option_set(table, column, shared=bool(column.shared))
    return told


def _wanted(query: dict[str, Any]) -> list[str] | None:
    properties = query.get("Properties") or {}
    return None if properties.get("AllProperties") else list(properties.get("PropertyNames", ()))


def _meets(told: dict[str, Any], query: dict[str, Any]) -> bool:
    conditions = (query.get("Criteria") or {}).get("Conditions", ())
    for one in conditions:
        if one.get("ConditionOperator") != "Equals":
            raise bad_query("Only the ConditionOperator 'Equals' is served by this sandbox.")
        if told.get(one.get("PropertyName")) != (one.get("Value") or {}).get("Value"):
            return False
    return True
