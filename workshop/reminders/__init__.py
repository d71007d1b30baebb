"""Rules, what is due, the messages; change notices."""
