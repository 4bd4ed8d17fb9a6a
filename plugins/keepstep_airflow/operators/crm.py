"""Operators for one CRM: they take syncs with that CRM only."""

from __future__ import annotations

from typing import ClassVar

from keepstep.config import SyncFile
from keepstep.core.errors import SettingsError
from keepstep_airflow.operators.lists import SyncOperator


class OneCrm(SyncOperator):
    """Refuses a sync with another CRM before anything is called."""

    system: ClassVar[str]

    def file(self) -> SyncFile:
        """The sync's file. Raises SettingsError where its CRM isn't this operator's."""
        file = super().file()
        found = file.settings.crm.system
        if found != self.system:
            raise SettingsError(
                f"{type(self).__name__} is for syncs with {self.system}; the CRM of {file.name} is {found}"
            )
        return file
