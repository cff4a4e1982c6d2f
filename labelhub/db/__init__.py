"""The database: engine, schema and migrations. What differs between databases is known here and nowhere else."""
