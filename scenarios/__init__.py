"""What to ask of a line: what-if, sweep, optimise, control; the command line sits here."""

__all__: list[str] = []
