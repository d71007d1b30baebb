"""The organisers' workspace where it spans features."""
