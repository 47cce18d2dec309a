"""Everything that machine code can reach from the roots, and what of it breaks the rules."""

import collections
import fnmatch

from . import rules
from .machine_code import Problem, demangle

Finding = collections.namedtuple("Finding", "kind what function address")
Indirect = collections.namedtuple("Indirect", "function address text entry")


class Walk:
    def __init__(self, code, allow, root_patterns, skip_patterns=()):
        self.code = code
        self.allow = allow
        self.findings = []
        self.indirect = []
        self.accepted = []  # (Finding, Entry)
        self.parents = {}  # start address → (caller's start, address of the instruction), of the first way found
        everything = {name for names in code.names.values() for name in names}
        everything.update(name for name in code.slots.values() if isinstance(name, str))
        self.readable = demangle(sorted(everything))
        self.roots = self._roots(root_patterns, skip_patterns)
        self._walk()

    def label(self, function):
        """The readable name; the first one where functions were merged."""
        names = self.code.aliases(function)
        return self.readable.get(names[0], names[0])

    def spellings(self, function):
        """Every name an exception may use: mangled and readable."""
        names = self.code.aliases(function)
        return list(names) + [self.readable.get(name, name) for name in names]

    def chain(self, function):
        """From a root down to `function`."""
        steps = [function]
        while steps[-1].start in self.parents:
            steps.append(self.code.functions[self.parents[steps[-1].start][0]])
        return list(reversed(steps))

    # Roots

    def _matches(self, function, patterns):
        return any(
            fnmatch.fnmatchcase(spelling, pattern if "*" in pattern else f"*{pattern}*")
            for pattern in patterns
            for spelling in self.spellings(function)
        )

    def _roots(self, patterns, skip):
        found = [
            function
            for start, function in sorted(self.code.functions.items())
            if not function.name.endswith("@plt") and self._matches(function, patterns)
        ]
        skipped = [function for function in found if skip and self._matches(function, skip)]
        found = [function for function in found if function not in skipped]
        if not found:
            raise Problem(
                f"{self.code.path}: no function matches {' or '.join(map(repr, patterns))}; mark the poll function "
                "@inline(never), or name another pattern with --root")
        # A generic function and a protocol witness exist beside the specialised copy that the program calls; that no
        # code mentions them tells them apart. Where none is called (a thread's entry, say) all are walked.
        called = [function for function in found if function.start in self.code.mentioned]
        self.skipped_roots = skipped + ([f for f in found if f not in called] if called else [])
        return called or found

    # Walking

    def _walk(self):
        queue = collections.deque(self.roots)
        self.reached = {function.start: function for function in self.roots}
        while queue:
            function = queue.popleft()
            for target, address in self._edges(function):
                if target.start not in self.reached:
                    self.reached[target.start] = target
                    self.parents[target.start] = (function.start, address)
                    queue.append(target)

    def _edges(self, function):
        """Notes what `function` does itself and yields the functions it leads to."""
        names = self.spellings(function)
        if function.traps:
            self._note("trap", f"{len(function.traps)} trap instructions (ud2)", function, function.traps[0], names)
        for address in function.syscalls:
            self._note("system call", "syscall instruction", function, address, names)
        for address, target, _ in function.calls:
            callee = self.code.at(target)
            if callee is None:
                self._note("unknown", f"a jump out of the program's code to 0x{target:x}", function, address, names)
                continue
            external = self._external(callee)
            yield from self._edge(function, names, address, external or callee)
        for address, target in function.taken:
            if isinstance(target, str):
                # Data of other libraries is loaded the same way: only names that break a rule count.
                if rules.kind_of(target):
                    yield from self._edge(function, names, address, target)
            else:
                callee = self.code.functions[target]
                yield from self._edge(function, names, address, self._external(callee) or callee)
        for address, text, slot in function.indirect:
            known = self.code.slots.get(slot) if slot is not None else None
            if isinstance(known, str):
                yield from self._edge(function, names, address, known)
            elif known in self.code.functions:
                yield from self._edge(function, names, address, self.code.functions[known])
            else:
                yield from self._indirect(function, names, address, text)

    def _external(self, function):
        """Name of the function of another library behind a PLT stub, or None."""
        if function.name.endswith("@plt"):
            return rules.bare(function.name)
        if function.count <= 4 and not function.calls and len(function.indirect) == 1:
            known = self.code.slots.get(function.indirect[0][2])
            return known if isinstance(known, str) else None
        return None

    def _edge(self, function, names, address, target):
        """`target`: a function of the program, or the name of one of another library."""
        target_names = [target] if isinstance(target, str) else self.spellings(target)
        kind = next(filter(None, map(rules.kind_of, target_names)), None)
        if kind is None and isinstance(target, str) and not rules.is_harmless(target):
            kind = "code of another library"
        if kind is not None:
            shown = self.readable.get(target, target) if isinstance(target, str) else self.label(target)
            self._note(kind, shown, function, address, names, target_names)
        elif not isinstance(target, str) and not self.allow.find("boundary", target_names):
            yield target, address

    def _indirect(self, function, names, address, text):
        entry = self.allow.find("indirect", names)
        self.indirect.append(Indirect(function, address, text, entry))
        if entry is None:
            self.findings.append(Finding("indirect call", text, function, address))
            return
        for pattern in entry.targets:
            targets = [f for f in self.code.functions.values() if self._matches(f, [pattern])]
            if not targets:
                raise Problem(f"{self.allow.path}:{entry.line_number}: no function matches the target '{pattern}'")
            for target in targets:
                yield from self._edge(function, names, address, target)

    def _note(self, kind, what, function, address, names, target_names=None):
        finding = Finding(kind, what, function, address)
        entry = None
        if kind == "trap":
            entry = self.allow.find("trap", names)
        if entry is None:
            entry = self.allow.find("call", names, target_names or [what])
        if entry is not None:
            self.accepted.append((finding, entry))
        else:
            self.findings.append(finding)
