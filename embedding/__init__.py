"""Turns text into vectors. This package does not know Django, the database or documents."""
