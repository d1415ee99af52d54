"""A trace as pictures: 3D scene, playback, charts. Knows `twin` only."""

__all__: list[str] = []
