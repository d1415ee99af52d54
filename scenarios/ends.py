"""How the commands of the command line end: exit codes, and one clear sentence on bad input."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

__all__ = ["Commands"]

INTERRUPTED = 130
_BAD_INPUT = {"OptionError", "LineError", "LogError"}
_STDOUT_FAULTS = (errno.EPIPE, errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class Commands(TyperGroup):
    """All commands: bad input ends in exit code 2 and one sentence on standard error, an interruption in 130."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; ends the program unless `standalone_mode` is off, then returns its exit code."""
        try:
            code = super().main(args, prog_name or "linetwin", complete_var, False, windows_expand_args, **extra) or 0
            sys.stdout.flush()
        except OSError as fault:
            if fault.errno not in _STDOUT_FAULTS:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its end
            closed = fault.errno == errno.EPIPE  # whoever read the output has seen enough, e.g. `| head`
            code = (
                1 if closed else _complain(f"standard output cannot be written ({fault.strerror}). Send it elsewhere.")
            )
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
        except typer.TyperException as fault:
            code = _complain(_usage(fault))
        except ValueError as fault:
            if not _BAD_INPUT & {
                kind.__name__ for kind in type(fault).__mro__
            }:  # by name: to import them takes a second
                raise
            code = _complain(str(fault))
        if code == INTERRUPTED:
            sys.stderr.write("Interrupted: the command did not finish.\n")
        if standalone_mode:
            sys.exit(code)
        return code


def _complain(text: str) -> int:
    """Say what is wrong with the input, on one line."""
    sys.stderr.write("Error: " + " ".join("".join(c if c.isprintable() else " " for c in text).split()) + "\n")
    return 2


def _usage(fault: typer.TyperException) -> str:
    """What is wrong with the words of a command, as one sentence that says where the options are listed."""
    context = getattr(fault, "ctx", None)
    command = context.command_path if context else "linetwin"
    said = fault.format_message().strip()
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} `{command} --help` lists what there is."
