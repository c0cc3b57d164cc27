"""The error of backups and restores."""


class BackupError(Exception):
    """A sentence for the operator: what is wrong and what to do."""
