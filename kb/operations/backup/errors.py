"""Why a backup or a restore does not go on."""


class BackupError(Exception):
    """A sentence for the operator: what is wrong and what to do."""
