"""The committed corpus: Scripts/fuzz-corpus/TARGET.hex, an input to a line.

  corpus.py unpack TARGET FOLDER   its inputs, and the files that Scripts/fuzz-targets/TARGET.seeds lists, as files
  corpus.py pack FOLDER TARGET     the folder's files, the shortest first, up to LENGTH_MAX in all
"""

import glob
import hashlib
import os
import sys

FOLDER = "Scripts/fuzz-corpus"
# Bytes of a target's inputs; a byte takes two digits.
LENGTH_MAX = 5_000


def unpack(target, folder):
    inputs = []
    committed = os.path.join(FOLDER, target + ".hex")
    if os.path.exists(committed):
        with open(committed, encoding="ascii") as file:
            inputs += [bytes.fromhex(line) for line in file if line.strip() and not line.startswith("#")]
    seeds = f"Scripts/fuzz-targets/{target}.seeds"
    if os.path.exists(seeds):
        with open(seeds, encoding="utf-8") as file:
            globs = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        for pattern in globs:
            paths = sorted(glob.glob(pattern))
            if not paths:
                print(f"fuzz: {target}.seeds: no file matches '{pattern}'")
            for path in paths:
                with open(path, "rb") as file:
                    inputs.append(file.read(65_536))
    os.makedirs(folder, exist_ok=True)
    for content in inputs:
        with open(os.path.join(folder, hashlib.sha1(content).hexdigest()[:16]), "wb") as file:
            file.write(content)


def pack(folder, target):
    inputs = set()
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            inputs.add(file.read())
    kept, length = [], 0
    for content in sorted(inputs, key=lambda content: (len(content), content)):
        if content and length + len(content) <= LENGTH_MAX:
            kept.append(content)
            length += len(content)
    if not kept:
        return
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, target + ".hex"), "w", encoding="ascii") as file:
        file.writelines(content.hex() + "\n" for content in sorted(kept))
    print(f"fuzz: {target}: {len(kept)} of {len(inputs)} inputs, {length} bytes, in {FOLDER}/{target}.hex")


command, *arguments = sys.argv[1:]
{"unpack": unpack, "pack": pack}[command](*arguments)
