"""What a library user calls: configuration, lazy datasets and tables, writing, estimates and comparisons."""
