"""Makes no Dag: its import error in airflow is where people see which file of private contacts is wrong, and how."""

from keepstep_airflow.private_contacts import private_folder, read_files
from keepstep_airflow.sync_files import wrong_files

_, _wrong = read_files(private_folder())
if _wrong:
    raise wrong_files(_wrong)
