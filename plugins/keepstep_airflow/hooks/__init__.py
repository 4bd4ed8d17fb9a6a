"""From an Airflow connection to a connector: the only place that reads secrets."""
