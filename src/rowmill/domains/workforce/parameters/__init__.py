"""What the spec says of growth, careers and the plan, and the integer tables that both engines read."""
