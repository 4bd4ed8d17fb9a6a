"""Pure decisions over frozen data: no I/O, no clock, no chance, no database, no Airflow."""
