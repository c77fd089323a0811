"""A schema of a PostgreSQL database as a destination."""
