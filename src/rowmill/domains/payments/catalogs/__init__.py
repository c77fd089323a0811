"""The catalogs: customers, cards and merchants, whole whatever the slice; a file each, one function a column."""
