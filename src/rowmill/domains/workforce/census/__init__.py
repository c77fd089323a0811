"""The start population: read from a file of the user, or made, as arrays of integers."""
