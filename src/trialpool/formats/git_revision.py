"""A folder as it was in a revision of git, without touching the working copy."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from trialpool.errors import TrialpoolError


def folder_at(revision: str, folder: Path, into: Path) -> Path:
    """The folder as it was in `revision` (a tag, a branch, a commit), written into the empty folder `into`; returns `into`."""
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().strip()
    return tree_into(f"{revision}:{prefix.removesuffix('/')}", folder, into)


def tree_into(tree: str, near: Path, into: Path) -> Path:
    """What git calls `REVISION:PATH` (the path from the root of the repository, or from `near` where it begins with ./)."""
    if tree.startswith("-"):
        raise TrialpoolError(f"{tree!r} is no revision of git. Give REVISION:PATH, or the path of a folder.")
    found = _git(near, "rev-parse", "--verify", "--quiet", tree).decode().strip()
    top = Path(_git(near, "rev-parse", "--show-toplevel").decode().strip())  # an archive is refused from within a folder
    with tarfile.open(fileobj=io.BytesIO(_git(top, "archive", "--format=tar", found))) as archive:
        archive.extractall(into, filter="data")
    return into


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise TrialpoolError("git is not installed, or the folder is not there. Compare two folders instead.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        if "not a git repository" in said:
            raise TrialpoolError(f"{folder} is in no repository of git. Compare two folders instead.")
        raise TrialpoolError(
            f"git has no {arguments[-1]}{f' ({said})' if said else ''}. Give REVISION:PATH, or the path of a folder."
        )
    return done.stdout
