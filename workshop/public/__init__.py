"""Pages that bring features together for people without an account."""
