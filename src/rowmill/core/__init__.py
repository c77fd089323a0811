"""The bottom layer: errors, named keys and units. Imports nothing but NumPy and the standard library."""
