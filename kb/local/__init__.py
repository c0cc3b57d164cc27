"""What `make run` does: install.py makes .venv, `python -m kb.local` starts everything and watches it."""
