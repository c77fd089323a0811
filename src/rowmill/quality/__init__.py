"""Looking at data wherever it lies: what stands there, whether it is right, how it compares, and pages that show it."""
