"""What every connector promises about writing."""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from keepstep.connectors.base import Connector, FetchBy, IdempotentBy, RemoveMeans
from keepstep.core.model import Applied, OperationId, Rejected, Status
from tests.contract.promises import Promises
from tests.contract.words import create, email, names, only, person, populate, remove, update
from tests.contract.world import World


class WritingContract(Promises):
    """Each write has its outcome, and does what it says and nothing else."""

    def test_every_write_has_exactly_one_outcome(self, world: World, connector: Connector) -> None:
        ids = populate(world)
        more = connector.capabilities.batch_size + 1
        writes = [update(world, id, {world.words.first: "New"}) for id in ids]
        writes += [create(world, 100 + n) for n in range(more if more <= 30 else 5)]

        outcomes = list(connector.apply(writes))

        assert sorted(o.operation_id for o in outcomes) == sorted(w.operation_id for w in writes)
        assert all(isinstance(o, Applied) for o in outcomes)

    def test_applying_nothing_makes_no_call(self, connector: Connector) -> None:
        assert list(connector.apply([])) == []
        assert connector.usage.calls == 0

    def test_an_update_touches_only_the_fields_it_names(self, world: World, connector: Connector) -> None:
        id = world.add({**person(world, 1), world.words.second: "Ode"})

        outcome = only(connector, update(world, id, {world.words.first: "New"}))

        assert outcome == Applied(OperationId(f"update-{id}"), id)
        expected = {**person(world, 1), world.words.first: "New", world.words.second: "Ode"}
        assert names(world, world.truth(id), expected) == expected

    def test_none_clears_a_field_and_leaves_the_others(self, world: World, connector: Connector) -> None:
        id = world.add({**person(world, 1), world.words.second: "Ode"})

        assert isinstance(only(connector, update(world, id, {world.words.second: None})), Applied)

        there = world.truth(id)
        assert there is not None
        assert not there.get(world.words.second)
        assert there.get(world.words.first) == "Ann1"

    def test_a_created_record_can_be_read_by_the_id_it_was_answered_with(
        self, world: World, connector: Connector
    ) -> None:
        outcome = only(connector, create(world, 9))

        assert isinstance(outcome, Applied)
        [record] = connector.fetch(world.query, FetchBy.ID, [outcome.record_id])
        assert record.email == email(9)
        assert record.fields.get(world.words.first) == "Ann9"

    def test_a_create_sent_twice_makes_one_record_where_it_says_so(self, world: World, connector: Connector) -> None:
        first, second = only(connector, create(world, 9)), only(connector, create(world, 9))

        assert isinstance(first, Applied)
        made = list(world.emails()).count(email(9))
        if connector.capabilities.idempotent_create is IdempotentBy.NOTHING:
            assert made == 2
        else:
            assert made == 1
            assert isinstance(second, Applied)
            assert second.record_id == first.record_id

    def test_remove_does_what_the_capabilities_say(self, world: World, connector: Connector) -> None:
        [stays, goes] = populate(world, 2)

        assert isinstance(only(connector, remove(world, goes)), Applied)

        assert world.truth(goes) is None
        assert world.truth(stays) is not None
        left = {r.id: r.status for r in connector.fetch(world.query, FetchBy.ID, [goes, stays])}
        inactivates = connector.capabilities.remove_means is RemoveMeans.INACTIVATES
        assert left == {stays: Status.ACTIVE} | ({goes: Status.INACTIVE} if inactivates else {})

    def test_a_rejected_row_does_not_end_the_batch(self, world: World, connector: Connector) -> None:
        ids = populate(world, 5)
        fields = world.reject(ids[2])
        writes = [update(world, id, fields if id == ids[2] else {world.words.first: "New"}) for id in ids]

        outcomes = {o.operation_id: o for o in connector.apply(writes)}

        assert len(outcomes) == 5
        rejected = [o for o in outcomes.values() if isinstance(o, Rejected)]
        assert [o.operation_id for o in rejected] == [writes[2].operation_id]
        assert rejected[0].code
        assert rejected[0].what_to_do
        assert all((world.truth(id) or {}).get(world.words.first) == "New" for id in ids if id != ids[2])

    def test_a_write_to_an_unknown_field_is_rejected_alone(self, world: World, connector: Connector) -> None:
        [one, other] = populate(world, 2)
        writes = [update(world, one, {world.words.unknown: "x"}), update(world, other, {world.words.first: "New"})]

        outcomes = {o.operation_id: o for o in connector.apply(writes)}

        assert isinstance(outcomes[writes[0].operation_id], Rejected)
        assert isinstance(outcomes[writes[1].operation_id], Applied)

    def test_a_write_to_a_record_that_is_gone_is_rejected(self, world: World, connector: Connector) -> None:
        [gone, there] = populate(world, 2)
        world.delete(gone)

        outcomes = {
            o.operation_id: o
            for o in connector.apply([update(world, id, {world.words.first: "New"}) for id in (gone, there)])
        }

        assert isinstance(outcomes[OperationId(f"update-{gone}")], Rejected)
        assert isinstance(outcomes[OperationId(f"update-{there}")], Applied)
