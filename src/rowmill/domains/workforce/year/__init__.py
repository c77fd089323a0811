"""What happens to people within one year: one file for each kind of decision."""
