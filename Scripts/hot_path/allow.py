"""The list of exceptions: what the hot path may do after all, each with its reason."""

import fnmatch

KINDS = ("call", "indirect", "trap", "boundary")


class Entry:
    def __init__(self, line_number, kind, function, targets, reason):
        self.line_number = line_number
        self.kind = kind
        self.function = function
        self.targets = targets
        self.reason = reason
        self.used = False


class AllowList:
    """Lines of `kind | function | target | reason`; see the head of Scripts/hot-path-allow.txt."""

    def __init__(self, path=None):
        self.path = path
        self.entries = []
        if path is None:
            return
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.strip()
                if line and not line.startswith("#"):
                    self.entries.append(self._parse(number, line))

    def _parse(self, number, line):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4:
            raise ValueError(f"{self.path}:{number}: {len(fields)} fields; wanted: kind | function | target | reason")
        kind, function, targets, reason = fields
        if kind not in KINDS:
            raise ValueError(f"{self.path}:{number}: kind '{kind}'; wanted one of: {', '.join(KINDS)}")
        if not function or function.strip("*") == "" and kind in ("call", "boundary"):
            raise ValueError(f"{self.path}:{number}: name the function; '*' would admit everything")
        if len(reason) < 10:
            raise ValueError(f"{self.path}:{number}: an exception needs its reason, in a sentence")
        return Entry(number, kind, function, [] if targets in ("", "-") else targets.split(), reason)

    def find(self, kind, names, target_names=None):
        """The first entry of `kind` whose function matches one of `names` and, where given, whose target matches."""
        for entry in self.entries:
            if entry.kind != kind or not any(fnmatch.fnmatchcase(name, entry.function) for name in names):
                continue
            if target_names is not None and not any(
                fnmatch.fnmatchcase(name, target) for target in entry.targets for name in target_names
            ):
                continue
            entry.used = True
            return entry
        return None

    def unused(self):
        return [entry for entry in self.entries if not entry.used]
