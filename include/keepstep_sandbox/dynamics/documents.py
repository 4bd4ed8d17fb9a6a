"""The service document, and `$metadata` as far as clients need it: types, columns, sets."""

from xml.sax.saxutils import quoteattr

import orjson
from starlette.requests import Request
from starlette.responses import Response

from keepstep_sandbox.dynamics.columns import LOOKUPS
from keepstep_sandbox.dynamics.environment import Environment
from keepstep_sandbox.dynamics.rendering import JSON, root
from keepstep_sandbox.dynamics.standard import Definition
from keepstep_sandbox.dynamics.values import edm


class Documents:
    """See the module."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    async def service(self, request: Request) -> Response:
        """Answer `GET /api/data/v9.2/`."""
        names = sorted([one.set_name for one in self._environment.schema.tables()] + ["EntityDefinitions"])
        value = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
        told = {"@odata.context": f"{root(request)}/$metadata", "value": value}
        return Response(orjson.dumps(told), media_type=JSON)

    async def metadata(self, request: Request) -> Response:  # noqa: ARG002 - a handler's signature
        """Answer `GET $metadata`."""
        tables = list(self._environment.schema.tables())
        types = "".join(self._type(one) for one in tables)
        sets = "".join(
            f'<EntitySet Name={quoteattr(one.set_name)} EntityType="Microsoft.Dynamics.CRM.{one.name}"/>'
            for one in tables
        )
        text = (
            '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" '
            'xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
            '<Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
            f'<EntityType Name="crmbaseentity" Abstract="true"/>{types}'
            f'<EntityContainer Name="System">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
        )
        return Response(text, media_type="application/xml")

    def _type(self, table: Definition) -> str:
        columns = list(self._environment.schema.columns(table.name))
        properties = "".join(f'<Property Name="{one.wire}" Type="{edm(one)}"/>' for one in columns)
        links = "".join(
            f'<NavigationProperty Name="{one.navigation(target)}" Type="mscrm.{target}"/>'
            for one in columns
            if one.type in LOOKUPS
            for target in one.targets[: 1 if one.navigation("x") == one.name else None]
        )
        return (
            f'<EntityType Name="{table.name}" BaseType="mscrm.crmbaseentity">'
            f'<Key><PropertyRef Name="{table.key}"/></Key>{properties}{links}</EntityType>'
        )
