"""What organisers write to many: planned, tested, confirmed, followed; and those who asked to be kept informed."""
