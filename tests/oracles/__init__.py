"""Independent oracles for the tests: they share no code with the simulator they check."""
