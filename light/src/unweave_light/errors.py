"""What is said to whoever gave something that cannot be used."""


class LightError(Exception):
    """A sentence: what was wrong, and what to do."""
