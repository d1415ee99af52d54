"""Commands about surrogates: `linetwin train`, `trust` and `export`."""

from __future__ import annotations

from typing import Annotated

import typer

from scenarios.cli_words import JsonOption, Text, Texts, examples

__all__ = ["surrogates"]

surrogates = typer.Typer()


@surrogates.command(
    epilog=examples(
        "linetwin train oven --out oven.surrogate",
        "linetwin train die_casting --out casting.surrogate --cases 8192 --seed 1",
        'linetwin train oven --out oven.surrogate --box hall="15 degC..30 degC"',
        "linetwin train oven --out oven.surrogate --checkpoint training",
    )
)
def train(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A family with a solver, e.g. oven or die_casting.")],
    out: Annotated[Text, typer.Option(metavar="FILE", help="Write the surrogate; .surrogate by custom.")] = None,
    cases: Annotated[str, typer.Option(metavar="N", help="Cases that are solved for training.")] = "4096",
    members: Annotated[str, typer.Option(metavar="N", help="Networks; their spread shows what they don't know.")] = "5",
    hidden: Annotated[str, typer.Option(metavar="N,N", help="Neurons of each hidden layer.")] = "32,32",
    steps: Annotated[str, typer.Option(metavar="N", help="Steps of Adam on small batches.")] = "2000",
    finish: Annotated[str, typer.Option(metavar="N", help="Steps of L-BFGS on all cases after it.")] = "2000",
    box: Annotated[
        Texts,
        typer.Option(metavar="NAME=LOW..HIGH", help="Learn an input in this window, not in its whole range."),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Don't let the networks correct a rough formula.")] = False,
    checkpoint: Annotated[
        Text, typer.Option(metavar="FOLDER", help="Keep the state there; after a kill, training goes on from it.")
    ] = None,
    seed: Annotated[str, typer.Option(metavar="N", help="Of cases, weights and batches.")] = "0",
) -> None:
    """Train a surrogate: networks in place of what costs time in the visits of a process."""
    from scenarios import train_command  # noqa: PLC0415

    train_command.train(
        train_command.TrainOptions(
            model,
            out,
            cases,
            members,
            hidden,
            steps,
            finish,
            box=box or (),
            plain=plain,
            checkpoint=checkpoint,
            seed=seed,
        )
    )


@surrogates.command(
    epilog=examples(
        "linetwin trust oven.surrogate --json oven.json",
        "linetwin trust oven.surrogate --json oven.json --html oven.html",
        "linetwin trust oven.surrogate --quick --seeds 2",
    )
)
def trust(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A surrogate, from `linetwin train`.")],
    json: JsonOption = None,
    html: Annotated[Text, typer.Option(metavar="FILE", help="Write the card as a page with plots.")] = None,
    markdown: Annotated[Text, typer.Option(metavar="FILE", help="Write the card as Markdown tables.")] = None,
    seeds: Annotated[str, typer.Option(metavar="N", help="Trainings that are compared; the first is FILE.")] = "5",
    quick: Annotated[bool, typer.Option("--quick", help="Measure little, to try it: half a minute.")] = False,
    no_trees: Annotated[
        bool, typer.Option("--no-trees", help="Leave boosted trees out, which need scikit-learn.")
    ] = False,
) -> None:
    """Measure what a surrogate may be trusted with, against the solver that it replaces."""
    from scenarios import trust_command  # noqa: PLC0415

    trust_command.trust(trust_command.TrustOptions(file, json, html, markdown, seeds, quick, no_trees))


@surrogates.command(
    epilog=examples(
        "linetwin export mill.surrogate --out mill.deployed",
        "linetwin export oven --out oven.deployed --onnx",
    )
)
def export(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A surrogate, from `linetwin train`, or the name of one that ships.")
    ],
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="The file to write; .deployed by custom.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="Add an ONNX graph; needs the package onnx.")] = False,
) -> None:
    """Write a surrogate as one sealed file that a plant runs without Linetwin.

    It holds networks, the formula that they correct, guard and intervals, and
    cases with answers that every reader has to tell again before it serves.
    """
    from scenarios.export_command import export as deploy  # noqa: PLC0415

    deploy(file, out, onnx=onnx)
