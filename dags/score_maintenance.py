"""One Dag for each list maintenance program that has a schedule of its own (`maintenance: {schedule: …}`)."""

from airflow.sdk import get_parsing_context

from keepstep_airflow.dag_factory import maintenance_dag
from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.operators.maintenance import maintenance_dag_id
from keepstep_airflow.sync_files import read_syncs

_wanted = get_parsing_context().dag_id
for _file in read_syncs(syncs_folder()).lists:
    _id = maintenance_dag_id(_file.name)
    if _wanted in (None, _id) and (_dag := maintenance_dag(_file)) is not None:
        globals()[_id] = _dag
