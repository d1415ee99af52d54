"""The line `housing_section` is `housing` with another process at the caster, and its surrogate fits."""

from __future__ import annotations

from scenarios.library import line_file
from twin.spec import load_line


def body(name: str) -> str:
    """The file without its opening comments."""
    text = line_file(name).read_text(encoding="utf-8")
    return text[text.index("schema = 1") :]


def test_it_is_housing_but_for_the_caster() -> None:
    other = body("housing").replace('model = "die_casting" }', 'model = "die_casting_section" }')
    assert body("housing_section") == other.replace('name = "housing"\n', 'name = "housing_section"\n')
    assert load_line("housing_section").station("cast").process.model == "die_casting_section"
