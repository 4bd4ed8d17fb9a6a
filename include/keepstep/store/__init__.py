"""PostgreSQL: tables, migrations, staging by COPY, the SQL that narrows, score epochs and the journal."""
