"""Learn a process: networks, training, trust, export. Knows `twin` only."""

from surrogates.bundle import load, save
from surrogates.design import design
from surrogates.export import Deployed, export, read_back
from surrogates.fit import Recipe
from surrogates.problem import Problem, problem_of
from surrogates.process import process_class
from surrogates.surrogate import Surrogate
from surrogates.swap import SHIPPED, with_surrogates
from surrogates.training import train
from surrogates.trust import trust

__all__ = [
    "SHIPPED",
    "Deployed",
    "Problem",
    "Recipe",
    "Surrogate",
    "design",
    "export",
    "load",
    "problem_of",
    "process_class",
    "read_back",
    "save",
    "train",
    "trust",
    "with_surrogates",
]
