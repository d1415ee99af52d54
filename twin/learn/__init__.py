"""Learning a line from its event log: parameters with their uncertainty, and how well they predict later days."""
