"""Makes no Dag: its import error in airflow is where people see which sync file is wrong, where, and what is allowed.

It is a file of its own because Airflow 3 takes every Dag of a file with an import error out of service, not only the
one that is wrong (docs/decisions: a wrong sync file).
"""

from keepstep_airflow.folders import syncs_folder
from keepstep_airflow.sync_files import read_syncs, wrong_files

_wrong = read_syncs(syncs_folder()).wrong
if _wrong:
    raise wrong_files(_wrong)
