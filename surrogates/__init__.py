"""Learn a process: networks, training, trust, export. Knows `twin` only."""

from surrogates.bundle import load, save
from surrogates.fit import Recipe
from surrogates.problem import Problem, problem_of
from surrogates.process import process_class
from surrogates.surrogate import Surrogate
from surrogates.training import train

__all__ = ["Problem", "Recipe", "Surrogate", "load", "problem_of", "process_class", "save", "train"]
