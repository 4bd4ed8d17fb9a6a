"""One Dag for each right file of prospects in include/syncs; as `list_sync.py` for lists, with Dags of airflow."""

from airflow.sdk import get_parsing_context

from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.prospect_dag import prospect_dag
from keepstep_airflow.sync_files import read_syncs

_wanted = get_parsing_context().dag_id
for _file in read_syncs(syncs_folder()).prospects:
    if _wanted in (None, _file.name):
        globals()[_file.name] = prospect_dag(_file)
