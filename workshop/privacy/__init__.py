"""Access, erasure and retention, over what each feature holds."""
