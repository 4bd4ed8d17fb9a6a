"""The store as pages reach it: for one request, never migrated, and its absence told in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException
from sqlalchemy.exc import ProgrammingError

from keepstep.core.errors import KeepstepError
from keepstep.store.database import Store
from keepstep_airflow.hooks.store import STORE_CONNECTION, store_url

Answer = TypeVar("Answer")


class StoreAwayError(Exception):
    """The store can't be read; says what to do."""


def with_store(use: Callable[[Store], Answer]) -> Answer:
    """What `use` makes of the store. Raises StoreAwayError."""
    try:
        # Made anew for each page, which costs a sign-in of some milliseconds; it never migrates: tasks do that.
        with Store(store_url(BaseHook.get_connection(STORE_CONNECTION)), application_name="keepstep-pages") as store:
            return use(store)
    except ProgrammingError as empty:
        raise StoreAwayError("The store is there but not set up yet: the first run of any sync sets it up.") from empty
    except (KeepstepError, AirflowException) as away:
        raise StoreAwayError(f"Keepstep's store can't be read (connection {STORE_CONNECTION}): {away}") from away
