"""`python -m trialpool` is the command `trialpool`."""

from trialpool.cli.main import run

if __name__ == "__main__":
    run()
