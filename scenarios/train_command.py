"""`linetwin train`: learn what costs time in the visits of a process, and write it as a surrogate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.options import LARGEST_SEED, OptionError, whole
from scenarios.outputs import STDOUT, check_outputs, save

if TYPE_CHECKING:
    from surrogates.fit import Recipe
    from surrogates.surrogate import Surrogate
    from twin.process import Attribute

__all__ = ["TrainOptions", "train"]

MOST_CASES = 10_000_000


@dataclass(frozen=True)
class TrainOptions:
    """The options of `linetwin train` as they are typed; None was not given."""

    model: str
    out: str | None
    cases: str = "4096"
    members: str = "5"
    hidden: str = "32,32"
    steps: str = "2000"
    finish: str = "2000"
    box: Sequence[str] = ()
    plain: bool = False
    checkpoint: str | None = None
    seed: str = "0"


def train(options: TrainOptions) -> None:
    """Solve cases, train, write the file, then say how large the error is.

    Raises:
        OptionError: an option or an output that cannot be used.
    """
    out = _output(options)
    cases = whole("--cases", options.cases, least=20, most=MOST_CASES, example=4096)
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    recipe_of = _recipe(options)
    folder = _folder(options.checkpoint)
    prepare_jax()
    from surrogates.bundle import save as save_surrogate  # noqa: PLC0415
    from surrogates.training import train as learn  # noqa: PLC0415

    process = _process(options.model)
    box = _box(options.box, options.model, process.solver.inputs)
    recipe: Recipe = recipe_of()
    try:
        with _bar() as progress:
            found = learn(
                process,
                cases=cases,
                recipe=recipe,
                box=box,
                structure=not options.plain,
                checkpoint=folder,
                progress=progress,
            )
    except ValueError as fault:
        raise OptionError(str(fault)) from None
    save("--out", out, lambda file: save_surrogate(found, file))
    _show(found, out)


def _output(options: TrainOptions) -> str:
    """Where the surrogate goes."""
    if options.out is None:
        raise OptionError(
            f"--out is missing; the surrogate goes into a file. Use for example --out {_cut(options.model)}.surrogate."
        )
    if options.out == STDOUT:
        raise OptionError("--out is '-'; a surrogate is no text. Name a file, e.g. --out oven.surrogate.")
    check_outputs({"--out": options.out}, {})
    return options.out


def _recipe(options: TrainOptions) -> Callable[[], Recipe]:
    """How to train, checked now and made once JAX may be imported."""
    layers = [whole("--hidden", text, least=1, most=4096, example=32) for text in options.hidden.split(",")]
    chosen: dict[str, Any] = {
        "members": whole("--members", options.members, least=1, most=100, example=5),
        "steps": whole("--steps", options.steps, least=0, most=10_000_000, example=2000),
        "finish": whole("--finish", options.finish, least=0, most=10_000_000, example=2000),
        "seed": whole("--seed", options.seed, least=0, most=LARGEST_SEED // 1000, example=0),
    }
    if not chosen["steps"] + chosen["finish"]:
        raise OptionError("--steps and --finish are both 0; something has to train. Use for example --steps 2000.")

    def made() -> Recipe:
        from surrogates.fit import Recipe  # noqa: PLC0415

        return Recipe(hidden=tuple(layers), **chosen)

    return made


def _folder(text: str | None) -> Path | None:
    """The folder that keeps the state of training."""
    if text is None:
        return None
    folder = Path(text)
    if not text.strip() or folder.is_file():
        raise OptionError(f"--checkpoint is '{_cut(text)}'; it is a folder. Name one that is there, or a new one.")
    return folder


def _process(model: str) -> Any:
    """The process of a model, with its usual numbers.

    Raises:
        OptionError: there is no such model, or nothing to learn in it.
    """
    from twin.errors import nearest, shown  # noqa: PLC0415
    from twin.physics import FAMILIES  # noqa: PLC0415

    able = [name for name, family in FAMILIES.items() if family.solver is not None]
    if model not in FAMILIES:
        near = nearest(model, able)
        remedy = f"Use {shown(near)}" if near else "Use one of these"
        raise OptionError(f"MODEL is {shown(model)}; a surrogate can be trained of {', '.join(able)}. {remedy}.")
    if model not in able:
        rule = "nothing in its visits costs time, so there is nothing to learn"
        raise OptionError(f"MODEL is {shown(model)}; {rule}. Use it as it is, or train {', '.join(able)}.")
    return FAMILIES[model]()


def _box(texts: Sequence[str], model: str, inputs: Mapping[str, Attribute]) -> dict[str, tuple[float, float]]:
    """Windows [SI] written NAME=LOW..HIGH, each end with its unit."""
    from twin.errors import RuleError, shown  # noqa: PLC0415
    from twin.units import any_quantity, unit  # noqa: PLC0415

    found: dict[str, tuple[float, float]] = {}
    for text in texts:
        name, sign, window = (part.strip() for part in text.partition("="))
        low, dots, high = window.partition("..")
        if not sign or not dots:
            rule = "it is written NAME=LOW..HIGH"
            raise OptionError(f'--box is {shown(text)}; {rule}. Use for example --box hall="15 degC..30 degC".')
        if name not in inputs:
            raise OptionError(f"--box names {shown(name)}; the inputs of {model} are {', '.join(inputs)}. Use these.")
        if name in found:
            raise OptionError(f"--box names {shown(name)} twice; an input has one window. Remove one of them.")
        about = inputs[name]
        ends = []
        for end in (low, high):
            try:
                si, _, read = any_quantity(end.strip())
            except RuleError as fault:
                raise OptionError(f"--box is {shown(text)}; {fault.rule}. {fault.remedy}.") from None
            if read.dimension != unit("" if about.unit == "1" else about.unit).dimension:
                usual = "a plain number" if about.unit == "1" else f"in {about.unit} or alike"
                raise OptionError(f"--box is {shown(text)}; {name} is {usual}. Write both ends so.")
            ends.append(si)
        if not ends[0] < ends[1]:
            raise OptionError(f"--box is {shown(text)}; a window begins below its end. Swap the two.")
        found[name] = (ends[0], ends[1])
    return found


@contextmanager
def _bar() -> Iterator[Callable[[int, int, float], None] | None]:
    """A bar with the held-out error and the time left, on standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    from scenarios.tables import console  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("solving cases", total=None)

        def look(done: int, looks: int, error: float) -> None:
            bar.update(task, completed=done, total=looks, description=f"training, held-out error {error:.2e}")

        yield look


def _show(found: Surrogate, out: str) -> None:
    """What was learned, and how well."""
    from scenarios.tables import console, table  # noqa: PLC0415
    from twin.units import in_unit  # noqa: PLC0415

    show, problem, about = console(), found.problem, found.about
    rows = [(name, in_unit(a.low, a.unit), in_unit(a.high, a.unit), a.meaning) for name, a in problem.inputs.items()]
    show.print(table(f"Surrogate of {problem.name}: its box", ("input", "from", "to", "what"), rows, left=(0, 3)))
    half = found.conformal.quantiles[0, found.conformal.coverages.index(0.9)]
    from surrogates.trusted.shown import span, span_unit  # noqa: PLC0415

    told = []
    for k, (name, a) in enumerate(problem.outputs.items()):
        unit = "" if a.unit == "1" else span_unit(a)
        told.append((name, f"{float(span(a, half[k])):.3g} {unit}".strip(), a.meaning))
    show.print(table("What it tells, and within what in 90 % of cases", ("output", "±", "what"), told, left=(0, 2)))
    spent: Any = about["cpu_seconds"]
    words = (
        f"{about['cases']} cases solved in {spent['solving']:.1f} s, trained in {spent['training']:.1f} s of CPU time"
    )
    show.print(f"{words}.", soft_wrap=True)
    show.print(f"Wrote {out}", soft_wrap=True)
    show.print(f"Next: linetwin trust {out} --json {Path(out).stem}.json", soft_wrap=True)


def _cut(text: str) -> str:
    """A text in a message, on one line and of bounded length."""
    return "".join(char if char.isprintable() else "?" for char in text[:60]) + ("…" if len(text) > 60 else "")
