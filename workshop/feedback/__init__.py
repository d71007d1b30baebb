"""What those who took part thought of a session: counted, never kept by person."""
