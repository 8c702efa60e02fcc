"""The command `unweave`: a table of commands, and how their errors are told.

A command is a typed function with a docstring in a file of its own, imported when it is run; to add one is to add a
line to `COMMANDS`.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import io
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

COMMANDS = {
    "separate": ("unweave.cli.separate", "separate", "Take recordings apart into tracks."),
    "tag": ("unweave.cli.tag", "tag", "Say what sounds when."),
    "stream": ("unweave.cli.stream", "stream", "Take sounds out of a stream while it sounds."),
    "status": ("unweave.cli.status", "status", "Say how far a run over many files is."),
    "prepare": ("unweave.cli.prepare", "prepare", "Make a store to train on of tagged sounds."),
    "train": ("unweave.cli.train", "train", "Train a model as a recipe says."),
    "evaluate": ("unweave.cli.evaluate", "evaluate", "Measure a model on benchmarks."),
    "report": ("unweave.cli.report", "report", "Tables and figures of what was measured."),
    "serve": ("unweave.cli.serve", "serve", "Open the page, and serve other programs."),
    "models": ("unweave.cli.models", "models", "List, describe, fetch and import models."),
}
USAGE, FAILED, INTERRUPTED = 2, 1, 130
MADE = 50_000  # objects after which garbage is looked for: importing torch makes ten times as many and leaves none


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 wrong use or bad input, 1 anything else, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    from unweave.cli.ends import open_standard
    from unweave.waiting import wait_briefly

    open_standard()
    wait_briefly()
    gc.set_threshold(MADE, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # what is there to the end goes with the process: nobody needs to look through it
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # there is no SIGHUP on Windows, and nohup means that it does not count
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be valid text
    sys.exit(run(words, debug))


def run(words: list[str], debug: bool = False) -> int:
    """Run the command line and give the exit status."""
    from unweave.cli.console import mute
    from unweave.cli.ends import disk_full, flush
    from unweave.errors import UnweaveError

    try:
        status = _dispatch(words)
        flush()
        return status
    except UnweaveError as error:
        if debug:
            raise
        _say(str(error))
        return USAGE
    except KeyboardInterrupt:
        _say("interrupted; nothing half done is left behind.")
        return INTERRUPTED
    except BrokenPipeError:
        mute()  # whoever read our output has left
        return FAILED
    except Exception as error:
        if debug:
            raise
        if (sentence := disk_full(error)) is not None:
            _say(sentence)
            with contextlib.suppress(UnweaveError, OSError):
                flush()
            return USAGE
        if isinstance(error, OSError) and error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            _say(f"{str(error.filename)[:100]}... cannot be opened: {error.strerror}. Give another name.")
            return USAGE
        _say(f"{type(error).__name__}: {error} (add --debug to see where)")
        return FAILED


def _dispatch(words: list[str]) -> int:
    import typer.main

    try:
        result = typer.main.get_command(_program()).main(args=words, prog_name="unweave", standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        # Errors of usage have no public name in every version of typer, but all of them know their message.
        if not hasattr(error, "format_message"):
            raise
        return _tell_usage(error)
    return result if isinstance(result, int) else 0


def _tell_usage(error: Any) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
    else:
        _say(f"{error.format_message().rstrip('.')}. Try '{context.command_path if context else 'unweave'} --help'.")
    return USAGE


def _program() -> typer.Typer:
    """The commands as one program that imports a command when it is needed."""
    import typer.core
    import typer.main

    from unweave import __version__

    class Commands(typer.core.TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return list(COMMANDS)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in COMMANDS:
                return None
            module, name, _ = COMMANDS[cmd_name]
            command = typer.main.get_command(getattr(importlib.import_module(module), name))
            command.name = cmd_name
            return command

        def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
            # A key that completes the name of a command must not wait for all of them to be imported.
            self.get_command = lambda ctx, name: typer.core.TyperCommand(name, help=COMMANDS[name][2])  # type: ignore
            return list(super().shell_complete(ctx, incomplete))

        def format_commands(self, ctx: Any, formatter: Any) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])

    program = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=True, rich_markup_mode=None)

    def version(asked: bool) -> None:
        if asked:
            print(f"unweave {__version__}")
            raise typer.Exit()

    @program.callback()
    def unweave(
        _version: bool = typer.Option(
            False, "--version", help="Say which version this is.", callback=version, is_eager=True
        ),
    ) -> None:
        """Take any recording and get its sounds as separate tracks, found by itself or asked for."""

    return program


def _say(message: str) -> None:
    from unweave.cli.console import warn

    warn(message)


def _terminated(number: int, frame: object) -> None:
    raise KeyboardInterrupt
