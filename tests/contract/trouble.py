"""What every connector promises about bad days."""

# ruff: noqa: D102 # a test's name is its sentence
from __future__ import annotations

from dataclasses import replace

import pytest

from keepstep.connectors.base import Connector, FetchBy
from keepstep.core.errors import AuthError, KeepstepError, Unavailable
from keepstep.core.model import InDoubt
from tests.contract.promises import Promises
from tests.contract.words import create, email, only, populate, told, update
from tests.contract.world import World


class TroubleContract(Promises):
    """Lost answers, wrong credentials, systems that are down; nobody is named."""

    def test_an_update_whose_answer_is_lost_is_in_doubt_and_reading_back_tells(
        self, world: World, connector: Connector
    ) -> None:
        [id] = populate(world, 1)
        world.lose_replies(True)
        outcome = only(connector, update(world, id, {world.words.first: "New"}))
        world.lose_replies(False)

        assert isinstance(outcome, InDoubt)
        [record] = connector.fetch(world.query, FetchBy.ID, [id])
        assert record.fields.get(world.words.first) == "New"

    def test_a_create_whose_answer_is_lost_is_in_doubt_and_made_once(self, world: World, connector: Connector) -> None:
        write = create(world, 9)
        world.lose_replies(True)
        outcome = only(connector, write)
        world.lose_replies(False)

        assert isinstance(outcome, InDoubt)
        key = email(9) if world.lost_create_key is FetchBy.EMAIL else str(write.external_id)
        anywhere = replace(world.query, audience=None)  # the suite's new person has no company yet
        [record] = connector.fetch(anywhere, world.lost_create_key, [key])
        assert record.email == email(9)
        assert list(world.emails()).count(email(9)) == 1

    def test_wrong_credentials_are_the_users_to_correct(self, world: World) -> None:
        with pytest.raises(AuthError):
            world.stranger().check()

    def test_good_credentials_pass_the_check(self, connector: Connector) -> None:
        connector.check()

        assert connector.usage.calls >= 1

    def test_a_system_that_is_down_is_unavailable_and_comes_back(self, world: World, connector: Connector) -> None:
        [id] = populate(world, 1)
        world.unavailable(True)
        with pytest.raises(Unavailable):
            connector.check()
        with pytest.raises(Unavailable):
            list(connector.read(world.query))
        with pytest.raises(Unavailable):
            list(connector.apply([update(world, id, {world.words.first: "New"})]))
        world.unavailable(False)

        assert [r.id for r in told(connector.read(world.query))] == [id]
        assert (world.truth(id) or {}).get(world.words.first) == "Ann0"

    def test_nobody_is_named_in_what_goes_wrong(self, world: World, connector: Connector) -> None:
        [id, gone] = populate(world, 2)
        world.delete(gone)
        secret = {world.words.email: "vera.hidden@example.test", world.words.first: "Vera"}
        texts = [str(o) for o in connector.apply([update(world, gone, secret)])]
        texts += [str(o) for o in connector.apply([update(world, id, {**secret, world.words.unknown: "Vera"})])]
        world.unavailable(True)
        for by, key in ((FetchBy.EMAIL, "vera.hidden@example.test"), (FetchBy.ID, id)):
            with pytest.raises(KeepstepError) as wrong:
                list(connector.fetch(world.query, by, [key]))
            texts.append(str(wrong.value))
        world.unavailable(False)

        assert texts
        assert not [text for text in texts if "vera" in text.casefold()]
