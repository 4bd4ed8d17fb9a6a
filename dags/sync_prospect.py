"""One Dag of airflow with a form, where there are prospect syncs: one prospect is synced at once."""

from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.on_demand_dag import sync_prospect_dag
from keepstep_airflow.sync_files import read_syncs

if _files := read_syncs(syncs_folder()).prospects:
    dag = sync_prospect_dag(_files)
