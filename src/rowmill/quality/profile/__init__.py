"""A profile: what tables hold, column by column, how columns and tables belong together, and what looks odd."""
