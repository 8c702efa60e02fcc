"""The command line: thin, it calls the same functions as Python users."""
