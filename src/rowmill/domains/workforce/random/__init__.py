"""Random words that SQL, NumPy and plain Python draw alike."""
