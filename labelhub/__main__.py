"""`python -m labelhub` is the command line."""

from labelhub.cli import main

main()
