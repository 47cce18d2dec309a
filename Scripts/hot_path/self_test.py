"""Checks the checker: planted violations it must find, and clean code it must not complain about."""

import os
import subprocess

from . import rules, trap
from .allow import AllowList
from .machine_code import MachineCode, Problem
from .walk import Walk

# Function of the fixture → the kinds of finding that must be among those of its walk; none: there may be none at all.
EXPECTED = {
    "plantedClean": set(),
    "plantedArray": {"allocation"},
    "plantedRetain": {"reference counting"},
    "plantedLock": {"lock"},
    "plantedOnce": {"lock"},
    "plantedClosure": {"indirect call"},
    "plantedTailClosure": {"indirect call"},
    "plantedWitness": {"indirect call"},
    "plantedDeep": {"allocation"},
    "plantedFree": {"deallocation"},
    "plantedPrint": {"output"},
    "plantedCast": {"dynamic cast"},
    "plantedTrap": {"trap"},
    "plantedFatal": {"trap"},
    "plantedExclusive": {"exclusivity check"},
    "plantedSystemCall": {"system call"},
    "plantedForeign": {"code of another library"},
    "plantedSleep": {"system call"},
    "plantedMetadata": {"metadata"},
    "plantedThrow": {"error"},
}

# (function, line of the list of exceptions, kinds that must remain)
EXCEPTIONS = [
    ("plantedClosure", "indirect | *plantedClosure* | - | the fixture says so", set()),
    ("plantedAccepted", "indirect | *plantedAccepted(* | *plantedAcceptedTarget* | the fixture says so",
     {"allocation"}),
    ("plantedDeep", "call | *plantedDeepEnd* | malloc | the fixture says so", set()),
    ("plantedDeep", "call | *plantedSomethingElse* | malloc | the fixture says so", {"allocation"}),
    ("plantedDeep", "boundary | *plantedDeepMiddle* | - | the fixture says so", set()),
    ("plantedTrap", "trap | *plantedTrap* | - | the fixture says so", set()),
]

# Lines that the list of exceptions must refuse.
REFUSED = [
    "call | x | malloc",
    "call | * | malloc | everything is fine",
    "sometimes | x | - | no such kind of exception",
    "trap | x | - | short",
]

# Names that the rules must know, though no planted function calls them.
BREAKING = """
    swift_retain swift_release_n malloc calloc realloc posix_memalign swift_allocObject swift_slowAlloc free _Znwm
    swift_deallocClassInstance swift_bridgeObjectRelease swift_arrayInitWithCopy objc_retain pthread_mutex_lock@plt
    swift_once os_unfair_lock_lock futex swift_task_create swift_beginAccess swift_dynamicCast swift_conformsToProtocol
    swift_getGenericMetadata swift_getAssociatedTypeWitness printf swift_willThrow write
    """.split()

# What the fixture does in its hot path → what the run-time trap must say; None: nothing, and status 0.
TRAPPED = {"clean": None, "array": "malloc", "lock": "pthread_mutex_lock", "free": "free", "none": "nothing was tested"}


def compile_fixture(scripts, folder):
    top = os.path.dirname(scripts)
    shim = os.path.join(top, "CShims", "CPlatform")
    fixture = os.path.join(scripts, "hot-path-fixture")
    module_map = os.path.join(folder, "CPlatform.modulemap")
    with open(module_map, "w", encoding="utf-8") as file:
        file.write(f'module CPlatform {{ umbrella header "{shim}/include/CPlatform.h" export * }}\n')
    program, shim_object = os.path.join(folder, "planted"), os.path.join(folder, "hot_path.o")
    swiftc = os.environ.get("SWIFTC", "swiftc")
    commands = [
        [os.environ.get("CC", "cc"), "-O2", "-c", "-D_Nullable=", "-D_Nonnull=", "-I", os.path.join(shim, "include"),
         os.path.join(shim, "hot_path.c"), "-o", shim_object],
        [swiftc, "-O", "-wmo", "-swift-version", "6", "-module-name", "planted", "-Xcc",
         f"-fmodule-map-file={module_map}", os.path.join(fixture, "Planted.swift"),
         os.path.join(fixture, "main.swift"), shim_object, "-o", program],
    ]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            raise Problem(f"no '{command[0]}' here to compile the fixture")
        if done.returncode != 0:
            raise Problem(f"the fixture does not compile:\n{done.stderr.rstrip()}")
    return program


class Verdicts:
    def __init__(self):
        self.failures = 0
        self.count = 0

    def __call__(self, fine, what):
        self.count += 1
        if not fine:
            self.failures += 1
        print(f"  {'ok  ' if fine else 'FAIL'} {what}")


def check_walks(code, verdict, folder):
    def walk(function, allow):
        return Walk(code, allow, [f"*{function}(*", f"*{function}<*"])

    for function, expected in EXPECTED.items():
        result = walk(function, AllowList())
        kinds = {finding.kind for finding in result.findings}
        fine = expected <= kinds if expected else not kinds
        verdict(fine, f"{function}: {', '.join(sorted(kinds)) or 'nothing'} found")
    tables = sum(function.tables for function in walk("plantedClean", AllowList()).reached.values())
    verdict(tables > 0, f"plantedClean: {tables} switch table recognised, not taken for a call through a pointer")
    deep = walk("plantedDeep", AllowList())
    steps = deep.chain(deep.findings[0].function) if deep.findings else []
    chain = [deep.label(step).split("(")[0].split()[-1] for step in steps]
    wanted = ["plantedDeep", "plantedDeepMiddle", "plantedDeepEnd"]
    verdict(chain == wanted, f"plantedDeep: reached by {' -> '.join(chain)}")

    path = os.path.join(folder, "allow.txt")
    for function, line, expected in EXCEPTIONS:
        with open(path, "w", encoding="utf-8") as file:
            file.write(line + "\n")
        kinds = {finding.kind for finding in walk(function, AllowList(path)).findings}
        verdict(kinds == expected, f"{function} with '{line}': {', '.join(sorted(kinds)) or 'nothing'} found")
    for line in REFUSED:
        with open(path, "w", encoding="utf-8") as file:
            file.write(line + "\n")
        try:
            AllowList(path)
            verdict(False, f"exception taken that should be refused: '{line}'")
        except ValueError as error:
            verdict(True, f"exception refused: {str(error).rpartition('/')[2]}")
    try:
        walk("plantedNowhere", AllowList())
        verdict(False, "a root that is not there goes unnoticed")
    except Problem:
        verdict(True, "a root that is not there is an error")


def check_names(verdict):
    for name in BREAKING:
        if rules.kind_of(name) is None or rules.is_harmless(name):
            verdict(False, f"'{name}' is not known to break a rule")
    for name in ("memcpy", "memset@plt", "memmove"):
        verdict(rules.kind_of(name) is None and rules.is_harmless(name), f"'{name}' is harmless")


def check_trap(scripts, folder, program, verdict):
    for argument, expected in TRAPPED.items():
        done = trap.run(scripts, folder, [program, argument], capture=True)
        if expected is None:
            verdict(done.returncode == 0 and " 0 calls " in done.stderr, f"run-time trap, {argument}: silent")
        else:
            fine = done.returncode == trap.STATUS_FOUND and expected in done.stderr
            verdict(fine, f"run-time trap, {argument}: {expected}")
    done = trap.run(scripts, folder, [program, "array"], abort=True, capture=True)
    verdict(done.returncode < 0, "run-time trap, --abort: stops the program where it stands")
    plain = subprocess.run([program, "array"], capture_output=True, text=True)
    verdict(plain.returncode == 0 and not plain.stderr, "without the trap the marks do nothing")


def run(scripts, folder):
    print("check-hot-path: self-test")
    verdict = Verdicts()
    program = compile_fixture(scripts, folder)
    check_walks(MachineCode(program), verdict, folder)
    check_names(verdict)
    check_trap(scripts, folder, program, verdict)
    print(f"  {verdict.count - verdict.failures} of {verdict.count} checks hold")
    return 1 if verdict.failures else 0
