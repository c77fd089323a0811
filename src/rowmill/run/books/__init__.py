"""The books of a destination: what is planned, finished and committed there, and who is at work."""
