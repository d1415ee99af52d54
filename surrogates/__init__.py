"""Learn a process: networks, training, trust, export. Knows `twin` only."""

__all__: list[str] = []
