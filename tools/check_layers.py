#!/usr/bin/env python3
"""Fails when a file includes or calls something its layer must not know (ARCHITECTURE.md, Layers)."""

import pathlib
import re
import sys

LIBRARIES = {"caf": r"<caf/", "nats": r"<nats/", "hiredis": r"<hiredis/", "curl": r"<curl/"}
HOMES = {"caf": "runtime/engine", "nats": "runtime/nats", "hiredis": "runtime/redis", "curl": "runtime/curl"}

# What the runtime is measured against is written by hand against the library.
EXCEPT = {"tools/troupe/bench/floor.cpp": "nats"}

# folder -> what it may include of ours, besides itself and generated schemas
MAY_INCLUDE = {
    "actors": ["runtime/domain", "actors"],
    "runtime/domain": [],
    "runtime/ports": ["runtime/domain"],
    "runtime/engine": ["runtime/domain", "runtime/ports"],
    "runtime/nats": ["runtime/domain", "runtime/ports"],
    "runtime/redis": ["runtime/domain", "runtime/ports"],
    "runtime/curl": ["runtime/domain", "runtime/ports"],
    "runtime/memory": ["runtime/domain", "runtime/ports"],
    "runtime/host": ["runtime"],
}
# Domain code is a function of its arguments.
IMPURE = re.compile(r"_clock::now\(|std::(thread|mutex|random_device|this_thread)|\b(time|rand|getenv)\(")
PURE = ("actors", "runtime/domain")
OURS = re.compile(r'#include "((?:runtime|actors|tools|tests)/[^"]+)"')


def problems(path: str, folder: str, line: str):
    for library, pattern in LIBRARIES.items():
        if HOMES[library] != folder and EXCEPT.get(path) != library and re.search(r"#include " + pattern, line):
            yield f"{library} belongs to {HOMES[library]}"
    include = OURS.search(line)
    if include and folder in MAY_INCLUDE:
        if not any(include[1].startswith(allowed + "/") for allowed in [folder, *MAY_INCLUDE[folder]]):
            yield "not a layer below"
    if folder in PURE and IMPURE.search(line):
        yield "domain code has no clock, thread or chance"


def layer_of(path: pathlib.Path) -> str:
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] == "runtime" else parts[0]


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    failures = 0
    for top in ("actors", "runtime", "tools", "tests"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            relative = path.relative_to(root)
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                for problem in problems(relative.as_posix(), layer_of(relative), line):
                    print(f"{relative}:{number}: {problem}: {line.strip()}", file=sys.stderr)
                    failures += 1
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
