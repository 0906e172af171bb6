"""`python -m liftstream.cli`, which subprocesses use so that they run in the same environment."""

from liftstream.cli.app import main

main()
