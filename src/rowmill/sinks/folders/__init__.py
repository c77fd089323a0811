"""A local folder as a destination."""
