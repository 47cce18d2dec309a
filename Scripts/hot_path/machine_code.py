"""Functions of an x86-64 ELF program and where their control flow can go, as read from `objdump -d`."""

import bisect
import re
import shutil
import struct
import subprocess
import sys

HEADER = re.compile(r"^([0-9a-f]+) <(.*)>:$")
CALL = re.compile(r"\tcallq?\s+([0-9a-f]+)\b")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\t(.*)$")
BRANCH = re.compile(
    r"^(?:(?:bnd|notrack|data16|addr32|rex\.W)\s+)*"  # prefixes
    r"(callq?|jmpq?|j[a-z]+|loop[a-z]*)(?:,p[nt])?\s+(.*)$")
DIRECT = re.compile(r"^([0-9a-f]+)\b")
RIP_SLOT = re.compile(r"^\*-?0x[0-9a-f]+\(%rip\)")
COMMENT = re.compile(r"#\s+([0-9a-f]+)\b")
LEA = re.compile(r"^lea\s+-?0x[0-9a-f]+\(%rip\),%(\w+)")
TABLE_LOAD = re.compile(r"^movslq\s+\(%(\w+),%\w+,4\),%(\w+)$")
ADD = re.compile(r"^add\s+%(\w+),%(\w+)$")
VERSION = re.compile(r"@.*$")


class Problem(Exception):
    """Something about the setup; its text is the one line to print."""


def run(command, **more):
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", **more)
    except FileNotFoundError:
        raise Problem(f"no '{command[0]}' here (Debian: binutils); run Deploy/install-dependencies.sh")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Problem(f"{' '.join(command[:3])} failed: {last}")
    return done.stdout


class Function:
    """A run of instructions between two symbols, and every way out of it."""

    __slots__ = ("start", "end", "name", "calls", "indirect", "tables", "taken", "traps", "syscalls", "count")

    def __init__(self, start, name):
        self.start, self.end, self.name = start, start, name
        self.calls = []  # (instruction address, target address, "call" | "jump")
        self.indirect = []  # (instruction address, text, slot address or None)
        self.tables = 0  # indirect jumps that are a switch's jump table, proved by its first entry
        self.taken = []  # (instruction address, address of code put into a register)
        self.traps = []
        self.syscalls = []
        self.count = 0


class MachineCode:
    """The whole program: `functions` by address, `names` (all symbols of an address), GOT slots by address, and
    `mentioned`, where other functions' code leads."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.bytes = file.read()
        except OSError as error:
            raise Problem(f"{path}: {error.strerror}; build it first: make build")
        if self.bytes[:5] != b"\x7fELF\x02":
            raise Problem(f"{path}: no 64-bit ELF program")
        if struct.unpack_from("<H", self.bytes, 18)[0] != 62:
            raise Problem(f"{path}: not x86-64, the one instruction set whose code this gate reads")
        self.segments = self._segments()
        self.names = self._names()
        self.slots = self._slots()
        self.functions = {}
        self._disassemble()
        self.starts = sorted(self.functions)
        for function in self.functions.values():
            self._keep_code_addresses(function)
        self.mentioned = {
            target
            for function in self.functions.values()
            for target in [call[1] for call in function.calls] + [taken[1] for taken in function.taken]
        }

    # Queries

    def at(self, address):
        """The function that holds `address`, or None."""
        index = bisect.bisect_right(self.starts, address) - 1
        if index < 0:
            return None
        function = self.functions[self.starts[index]]
        return function if address < function.end or address == function.start else None

    def aliases(self, function):
        return self.names.get(function.start) or [function.name]

    def word32(self, address):
        """Signed 32-bit word of the file image at a virtual address, or None."""
        for virtual, size, offset in self.segments:
            if virtual <= address and address + 4 <= virtual + size:
                return struct.unpack_from("<i", self.bytes, offset + address - virtual)[0]
        return None

    # Reading

    def _segments(self):
        offset = struct.unpack_from("<Q", self.bytes, 32)[0]
        entry, count = struct.unpack_from("<HH", self.bytes, 54)
        found = []
        for index in range(count):
            at = offset + index * entry
            if struct.unpack_from("<I", self.bytes, at)[0] == 1:  # PT_LOAD
                file_offset, virtual, _, size = struct.unpack_from("<QQQQ", self.bytes, at + 8)
                found.append((virtual, size, file_offset))
        return found

    def _names(self):
        names = {}
        for line in run(["nm", "--defined-only", self.path]).splitlines():
            address, kind, name = line.split(" ", 2)
            if kind in "tTwWvViu":
                names.setdefault(int(address, 16), []).append(name)
        return names

    def _slots(self):
        """What the dynamic linker writes into each GOT slot: a name, or the address of a function of this program."""
        slots = {}
        for line in run(["objdump", "-R", self.path]).splitlines():
            parts = line.split()
            if len(parts) != 3 or not parts[1].startswith("R_X86_64_"):
                continue
            if parts[1] == "R_X86_64_RELATIVE":
                addend = re.match(r"\*ABS\*\+0x([0-9a-f]+)$", parts[2])
                if addend:
                    slots[int(parts[0], 16)] = int(addend[1], 16)
            elif parts[1] in ("R_X86_64_GLOB_DAT", "R_X86_64_JUMP_SLOT", "R_X86_64_64"):
                slots[int(parts[0], 16)] = VERSION.sub("", parts[2])
        return slots

    def _sizes(self):
        """Bytes of each function that has a symbol of a size."""
        sizes = {}
        for line in run(["nm", "-S", "--defined-only", self.path]).splitlines():
            parts = line.split(" ", 3)
            if len(parts) == 4 and len(parts[1]) == 16 and parts[2] in "tTwW":
                sizes[int(parts[0], 16)] = int(parts[1], 16)
        return sizes

    def _disassemble(self):
        function, body = None, []
        sizes = self._sizes()
        lines = run(["objdump", "-d", "--no-show-raw-insn", self.path]).splitlines()
        called = {int(match[1], 16) for match in map(CALL.search, lines) if match}
        for line in lines:
            instruction = INSTRUCTION.match(line)
            if instruction:
                if function is None:
                    continue
                address, text = int(instruction[1], 16), instruction[2].strip()
                if address >= function.start + sizes.get(function.start, 1 << 62) or (
                    address != function.start and address in called and function.start not in sizes
                ):
                    # Code behind the end of the function before it: one without a symbol, which only calls lead to.
                    self._finish(function, body)
                    function, body = Function(address, f"no symbol at {address:#x}"), []
                body.append((address, text))
                continue
            header = HEADER.match(line)
            if header:
                self._finish(function, body)
                function, body = Function(int(header[1], 16), header[2]), []
        self._finish(function, body)

    def _finish(self, function, body):
        if function is None or not body:
            return
        self.functions[function.start] = function
        function.end = body[-1][0] + 1
        function.count = len(body)
        for index, (address, text) in enumerate(body):
            mnemonic = text.split(None, 1)[0]
            if mnemonic in ("ud2", "ud1", "int3", "hlt"):
                if mnemonic.startswith("ud"):
                    function.traps.append(address)
            elif mnemonic in ("syscall", "sysenter", "int"):
                function.syscalls.append(address)
            elif mnemonic in ("lea", "mov"):
                target = COMMENT.search(text)
                if target:
                    self._take(function, address, mnemonic, int(target[1], 16))
            else:
                branch = BRANCH.match(text)
                if branch:
                    self._branch(function, body, index, branch[1], branch[2])

    def _branch(self, function, body, index, mnemonic, operand):
        address, text = body[index]
        mnemonic = mnemonic.removesuffix("q") if mnemonic in ("callq", "jmpq") else mnemonic
        direct = DIRECT.match(operand)
        if direct:
            target = int(direct[1], 16)
            if mnemonic == "call" or not function.start <= target < function.end:
                function.calls.append((address, target, "call" if mnemonic == "call" else "jump"))
        elif operand.startswith("*"):
            if mnemonic == "jmp" and self._is_jump_table(function, body, index, operand):
                function.tables += 1
                return
            slot = COMMENT.search(text) if RIP_SLOT.match(operand) else None
            function.indirect.append((address, text.split("#")[0].strip(), int(slot[1], 16) if slot else None))

    def _is_jump_table(self, function, body, index, operand):
        """A switch: an entry of a table is added to the table's address. Its first entry must lead back here."""
        register = operand.lstrip("*%").strip()
        before = [text for _, text in body[:index]]
        recent = before[-32:]
        sums = [{add[1], add[2]} for add in map(ADD.match, recent) if add and register in (add[1], add[2])]
        loads = [(load[1], {load[1], load[2]}) for load in map(TABLE_LOAD.match, recent) if load]
        bases = [base for base, pair in loads if pair in sums]
        for text in reversed(before):
            lea = LEA.match(text)
            if lea and lea[1] in bases:
                table = int(COMMENT.search(text)[1], 16)
                entry = self.word32(table)
                if entry is not None and function.start <= table + entry < function.end:
                    return True
        return False

    def _take(self, function, address, mnemonic, target):
        """Notes an address that may become an indirect call's target: of code (lea) or out of a GOT slot (mov)."""
        if mnemonic == "mov":
            target = self.slots.get(target)
        if target is not None:
            function.taken.append((address, target))

    def _keep_code_addresses(self, function):
        """Of the addresses taken, keep those where another function begins, and the names of other libraries."""
        function.taken = [
            (address, target)
            for address, target in function.taken
            if isinstance(target, str) or (target in self.functions and target != function.start)
        ]


def demangle(names):
    """Mangled name → readable name, for those that Swift's demangler knows; the name itself where there is none."""
    names = list(names)
    tool = shutil.which("swift-demangle") or shutil.which("swift")
    if tool is None:
        print("check-hot-path: no Swift demangler here; names stay mangled", file=sys.stderr)
        return {name: name for name in names}
    command = [tool] if tool.endswith("swift-demangle") else [tool, "demangle"]
    text = run(command + ["--simplified"], input="\n".join(names) + "\n")
    readable = text.splitlines()
    if len(readable) != len(names):
        return {name: name for name in names}
    return dict(zip(names, readable))
