"""What every connector promises, tested through nothing but the protocol; each system gives a `World`.

Laws: a test says what it needs of the world and never which system it is; a promise that depends on a capability flag
is tested in both its forms, so that each flag is proved.
"""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from keepstep.connectors.base import Connector
from tests.contract.reading import ReadingContract
from tests.contract.trouble import TroubleContract
from tests.contract.words import populate
from tests.contract.world import World
from tests.contract.writing import WritingContract


class ConnectorContract(ReadingContract, WritingContract, TroubleContract):
    """The promises of `keepstep.connectors.base.Connector`; subclasses give the fixture `world`."""

    def test_the_schema_names_the_fields_and_what_they_hold(self, world: World, connector: Connector) -> None:
        fields = connector.schema([world.words.object], world.list_id)[world.words.object]

        assert {world.words.email, world.words.first, world.words.second} <= set(fields)
        assert fields[world.words.email].type == "email"
        assert fields[world.words.first].writable
        assert world.words.unknown not in fields

    def test_the_capabilities_are_within_their_ranges(self, world: World, connector: Connector) -> None:
        capabilities = connector.capabilities

        assert world.words.object in capabilities.objects
        assert min(capabilities.batch_size, capabilities.concurrency, capabilities.page_size) >= 1
        assert capabilities.announces_deletions or not capabilities.announces_merges

    def test_calls_are_counted_in_all_and_by_endpoint(self, world: World, connector: Connector) -> None:
        populate(world)
        list(connector.read(world.query))

        assert connector.usage.calls == sum(connector.usage.by_endpoint.values()) >= 3

    def test_a_record_has_an_address_for_people(self, world: World, connector: Connector) -> None:
        [id] = populate(world, 1)

        assert id.rsplit(":", maxsplit=1)[-1] in connector.url(world.words.object, id, world.list_id)
