"""Implements `make run`: install.py creates .venv, `python -m kb.local` starts and supervises everything."""
