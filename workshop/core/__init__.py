"""What every feature may use and that knows no feature."""
