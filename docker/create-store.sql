-- Airflow's metadata and Keepstep's store are two databases: they are backed up, kept and erased by different rules.
CREATE DATABASE keepstep;
