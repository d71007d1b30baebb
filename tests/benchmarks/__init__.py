"""How fast it is, beside a floor measured in the same run."""
