"""One Dag for each right file in include/private_contacts; the errors of the others stand elsewhere.

For Airflow's search of dag files: this is one, with Dags of airflow.
"""

from airflow.sdk import get_parsing_context

from keepstep_airflow.private_contacts import private_folder, read_files
from keepstep_airflow.private_contacts_dag import private_contacts_dag, private_dag_id

_right, _ = read_files(private_folder())
_wanted = get_parsing_context().dag_id  # a worker that runs a task needs that task's Dag only
for _file in _right:
    _id = private_dag_id(_file.name)
    if _wanted in (None, _id):
        globals()[_id] = private_contacts_dag(_file)
