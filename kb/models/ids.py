"""Public ids."""

import secrets

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter looks like a digit


def new_id() -> str:
    """An opaque public id: 12 characters, 60 random bits, so that counts and neighbours cannot be guessed."""
    return "".join(secrets.choice(ID_ALPHABET) for _position in range(12))
