"""Messages of the starter to the user."""


class CannotStart(Exception):
    """A sentence for the user: what is wrong and what to do. The starter exits with code 1, without a traceback."""


def say(line: str) -> None:
    print(line, flush=True)
