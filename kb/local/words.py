"""What the starter tells the user."""


class CannotStart(Exception):
    """A plain sentence: what is wrong and what to do. It ends the starter with exit code 1, without a
    traceback.
    """


def say(line: str) -> None:
    print(line, flush=True)
