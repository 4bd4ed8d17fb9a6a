"""The demo: four NetSuite lists, kept in step with Act-On by Airflow, all of it on this machine and in .keepstep/."""
