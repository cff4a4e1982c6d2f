"""The command line: `labelhub serve`, and the small tools around it."""

from labelhub.cli.commands import main

__all__ = ["main"]
