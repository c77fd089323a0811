"""What a dataset is: specs, schemas, columns, tables, tiles, parts, their digest. Knows no domain, file or worker."""
