# Airflow with Keepstep in it: one image for every service of docker-compose.yaml.
FROM python:3.12-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

RUN useradd --uid 50000 --create-home airflow \
    && install --directory --owner airflow /opt/airflow /opt/airflow/logs

WORKDIR /opt/keepstep

# The lock is complete and hashed; nothing is resolved here, and nothing that isn't in it gets in.
COPY requirements.txt ./
RUN pip install --no-deps --require-hashes --requirement requirements.txt

COPY pyproject.toml README.md LICENSE ./
COPY include ./include
COPY plugins ./plugins
COPY dags ./dags
RUN pip install --no-deps --no-build-isolation --editable .

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/keepstep/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/keepstep/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False

USER airflow
CMD ["airflow", "version"]
