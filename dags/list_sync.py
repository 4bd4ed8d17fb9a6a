"""One Dag for each right file of a list in include/syncs; what is wrong is told by `sync_file_errors.py`.

For Airflow's search of dag files: this is one, with Dags of airflow.
"""

from airflow.sdk import get_parsing_context

from keepstep_airflow.dag_factory import sync_dag
from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.sync_files import read_syncs

_wanted = get_parsing_context().dag_id  # a worker that runs a task needs that task's Dag only
for _file in read_syncs(syncs_folder()).lists:
    if _wanted in (None, _file.name):
        globals()[_file.name] = sync_dag(_file)
