"""Keepstep's pages in the Airflow UI."""
