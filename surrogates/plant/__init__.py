"""Studies on measured data of plants: what a surrogate reaches there beside plain baselines."""

__all__: list[str] = []
