"""The measurements of a trust card, one file each: what a surrogate is worth, compared with the solver it replaces."""
