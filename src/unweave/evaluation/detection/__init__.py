"""How well what sounds when is found: events against the known events of scenes."""
