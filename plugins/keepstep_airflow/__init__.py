"""All of Keepstep that knows Airflow; no rule of the business is in here."""
