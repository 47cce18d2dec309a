"""Runs a program with the run-time trap preloaded (Scripts/hot-path-trap)."""

import os
import shutil
import subprocess

from .machine_code import Problem

# What trap.c answers with when it saw something.
STATUS_FOUND = 86


def build(scripts, folder):
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise Problem("no C compiler here (cc or clang) for the run-time trap")
    library = os.path.join(folder, "libfeedh-hot-path-trap.so")
    source = os.path.join(scripts, "hot-path-trap", "trap.c")
    done = subprocess.run(
        [compiler, "-O2", "-g", "-Wall", "-Wextra", "-fPIC", "-shared", source, "-o", library, "-ldl", "-lpthread"],
        capture_output=True, text=True)
    if done.returncode != 0:
        raise Problem(f"the run-time trap does not compile:\n{done.stderr.rstrip()}")
    return library


def run(scripts, folder, command, abort=False, capture=False):
    """The command's exit status, 1 where the trap caught something; with `capture` a finished process instead."""
    mark = os.path.join(folder, "trap-ended")
    environment = dict(
        os.environ, LD_PRELOAD=build(scripts, folder), FEEDH_HOT_TRAP="abort" if abort else "count",
        FEEDH_HOT_TRAP_MARK=mark)
    try:
        done = subprocess.run(command, env=environment, capture_output=capture, text=True)
    except OSError as error:
        raise Problem(f"{command[0]}: {error.strerror}")
    if capture:
        return done
    if done.returncode == 0 and not os.path.exists(mark):
        raise Problem(f"{command[0]} became another program, of which the trap saw nothing: run that one")
    return 1 if done.returncode == STATUS_FOUND else done.returncode
