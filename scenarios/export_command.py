"""`linetwin export`: from a trained surrogate to a file that a plant runs without Linetwin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.options import OptionError
from scenarios.outputs import STDOUT, check_outputs, save

if TYPE_CHECKING:
    from surrogates.export import Deployed

__all__ = ["export"]

MEMBERS = {
    "model.stablehlo": "the graph for XLA, any number of cases at once",
    "model.onnx": "the graph for onnxruntime and other readers",
    "arrays.npz": "networks and guard as bare numbers, for numpy alone",
    "golden.npz": "cases and answers that every reader has to tell again",
}


def export(file: str, out: str, *, onnx: bool = False) -> None:
    """Read the surrogate, write it for a plant, read that back, and say what is in it.

    Args:
        file: from `linetwin train`, or the name of a surrogate that ships.
        out: the file to write.
        onnx: whether an ONNX graph is added.

    Raises:
        OptionError: the surrogate cannot be read or exported, the output cannot be written, or a package is missing.
    """
    if out == STDOUT:
        raise OptionError("--out is '-'; what is exported goes into a file. Name one, e.g. --out oven.deployed.")
    check_outputs({"--out": out}, {"FILE": file})
    from scenarios.compiled import prepare_jax  # noqa: PLC0415  jax takes half a second

    prepare_jax()
    from surrogates.bundle import load  # noqa: PLC0415
    from surrogates.export import export as deploy  # noqa: PLC0415
    from surrogates.export import read_back  # noqa: PLC0415

    try:
        trained = load(_place(file))
    except OSError as fault:
        why = "there is no such file" if isinstance(fault, FileNotFoundError) else str(fault.strerror).lower()
        raise OptionError(f"FILE: '{file}' cannot be read ({why}). {_remedy()}") from None
    except ValueError as fault:
        raise OptionError(f"FILE: {fault}") from None
    try:
        save("--out", out, lambda path: deploy(trained, path, onnx=onnx))
    except ImportError as fault:
        raise OptionError(f"--onnx: {fault}") from None
    except ValueError as fault:
        if isinstance(fault, OptionError):
            raise
        raise OptionError(f"FILE: '{file}' cannot be exported: {fault}") from None
    _show(out, read_back(out))


def _place(file: str) -> Path:
    """The file, or that of a name in the set that ships."""
    from surrogates.swap import SHIPPED  # noqa: PLC0415

    path, shipped = Path(file), SHIPPED / f"{file}.surrogate"
    return shipped if file.isidentifier() and shipped.exists() and not path.exists() else path


def _remedy() -> str:
    from surrogates.swap import SHIPPED  # noqa: PLC0415

    names = ", ".join(sorted(path.stem for path in SHIPPED.glob("*.surrogate")))
    return f"Use a file from `linetwin train`, or one that ships: {names}."


def _show(path: str, deployed: Deployed) -> None:
    from scenarios.tables import console, table  # noqa: PLC0415
    from surrogates.golden import TOLERANCE  # noqa: PLC0415

    out, manifest = console(), deployed.manifest
    rows = [(name, f"{deployed.sizes[name]:,}", about) for name, about in MEMBERS.items() if name in deployed.sizes]
    out.print(table(f"{manifest['problem']}, deployed", ("member", "bytes", "what it is"), rows, left=(0, 2)))
    out.print(f"Reads {', '.join(about['name'] for about in manifest['inputs'])};")
    out.print(f"tells {', '.join(about['name'] for about in manifest['outputs'])}, and whether to trust them.")
    out.print(f"Golden pairs: told again to {deployed.error:.1g} of an output's scale, {TOLERANCE:g} is allowed.")
    out.print("Seal, the sha256 of its manifest, to compare at the plant:")
    out.print(f"  {deployed.seal}")
    out.print(f"Wrote {path}, {Path(path).stat().st_size:,} bytes", soft_wrap=True)
    out.print(f"Next, at the plant: python serve.py {path} --check (examples/edge)", soft_wrap=True)
