"""Object stores as destinations."""
