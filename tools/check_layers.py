#!/usr/bin/env python3
"""Fails when a file includes or calls something its layer must not know (ARCHITECTURE.md, Layers)."""

import pathlib
import re
import sys

LIBRARIES = {"caf": r"<caf/", "nats": r"<nats/", "hiredis": r"<hiredis/", "curl": r"<curl/"}
HOMES = {"caf": "runtime/engine", "nats": "runtime/nats", "hiredis": "runtime/redis", "curl": "runtime/curl"}

# What the runtime is measured against is written by hand against the library.
EXCEPT = {"tools/troupe-bench/floor.cpp": "nats"}

BELOW = ["runtime/base", "runtime/include", "runtime/ports"]
# folder -> what it may include of ours, besides itself and generated schemas
MAY_INCLUDE = {
    "actors": ["runtime/include", "actors"],
    "runtime/base": [],
    "runtime/include": [],
    "runtime/ports": ["runtime/base", "runtime/include"],
    "runtime/engine": BELOW,
    "runtime/nats": BELOW,
    "runtime/redis": BELOW,
    "runtime/curl": BELOW,
    "runtime/memory": BELOW,
    "runtime/host": [f"runtime/{room}" for room in ("base", "include", "ports", "engine", "nats", "redis", "curl", "memory")],
    "runtime/check": [f"runtime/{room}" for room in ("base", "include", "ports", "engine", "nats")],
    "runtime/program": ["runtime"],
    "tools/servers": ["runtime"],
    "tools/figures": [],
    "tools/troupe": ["runtime/base", "runtime/program"],
    "tools/shop": ["runtime", "actors", "tools/figures", "tools/servers"],
    "tools/troupe-bench": ["runtime", "tools"],
}
# folder -> its rooms -> what each may include of the rooms above it here, so that there is no circle; what lies in the
# folder itself may include all
ROOMS = {
    "runtime/engine": {
        "options": [],
        "health": [],
        "history": [],
        "asks": ["health"],
        "log_guard": ["health"],
        "ownership": ["options"],
        "instances": ["health", "history", "options", "ownership"],
        "effects": ["asks", "health", "history", "options"],
        "reactions": ["asks", "effects", "health", "history"],
        "views": ["health", "history"],
    },
    "runtime/nats": {
        "client": [],
        "wire": ["client"],
        "jetstream": ["client"],
        "log": ["client", "jetstream", "wire"],
        "deliveries": ["client", "jetstream", "log", "wire"],
        "claims": ["client", "jetstream", "wire"],
        "service": ["client", "wire"],
        "requests": ["client", "wire"],
    },
    "runtime/check": {
        "history": [],
        "run": ["history"],
        "invariants": ["history", "run"],
    },
}
# Files of projects of their own.
TEMPLATES = pathlib.Path("tools/troupe/templates")
# Domain code is a function of its arguments.
IMPURE = re.compile(r"_clock::now\(|std::(thread|mutex|random_device|this_thread)|\b(time|rand|getenv)\(")
PURE = ("actors", "runtime/include")
OURS = re.compile(r'#include "((?:runtime|actors|tools|tests)/[^"]+)"')
PUBLIC = re.compile(r"#include <(troupe/[^>]+\.hpp)>")
# What several contexts say in the same way, and what the runtime performs for them.
SHARED_SCHEMAS = ("money/v1/money", "troupe/v1/mail")
ONLY_EVENTS = "of another context only its events may be known"
GENERATED = re.compile(r'#include "([^"]+)\.pb\.h"')
IMPORT = re.compile(r'import (?:public |weak )?"([^"]+)\.proto";')


def room_of(path: str, folder: str) -> str | None:
    """None for what lies in the folder itself."""
    parts = path.removeprefix(folder + "/").split("/")
    return parts[0] if len(parts) > 1 else None


def room_problem(path: str, folder: str, include: str):
    """Why a file in a folder of rooms may not include another one in it."""
    room, other = room_of(path, folder), room_of(include, folder)
    if room is None or room == other:
        return None
    if room not in ROOMS[folder]:
        return f"{room} is no room of {folder}"
    if other not in ROOMS[folder][room]:
        return "not a room below"
    return None


def included(line: str) -> str | None:
    """The file of ours that a line includes."""
    if ours := OURS.search(line):
        return ours[1]
    if public := PUBLIC.search(line):
        return "runtime/include/" + public[1]
    return None


def context_of(path: str) -> str | None:
    """The context that a file of actors/ or schemas/ belongs to; None for what lies beside them."""
    parts = path.split("/")
    return parts[1] if parts[0] in ("actors", "schemas") and len(parts) > 2 else None


def schema_problem(path: str, schema: str):
    """Why a file may not include or import a schema, named like ordering/v1/events."""
    if path.startswith(("runtime/", "schemas/troupe/")):
        return None if schema.startswith(("troupe/", "google/")) else "the runtime knows no schema but its own"
    context = context_of(path)
    if context is None or schema in SHARED_SCHEMAS or schema.startswith("google/"):
        return None
    published = schema.endswith("/events")
    if not schema.startswith(context + "/"):
        return None if published else ONLY_EVENTS
    return "published events need nothing private" if path.endswith("/events.proto") and not published else None


def problems(path: str, folder: str, line: str):
    for library, pattern in LIBRARIES.items():
        if HOMES[library] != folder and EXCEPT.get(path) != library and re.search(r"#include " + pattern, line):
            yield f"{library} belongs to {HOMES[library]}"
    if schema := GENERATED.search(line) or IMPORT.search(line):
        if problem := schema_problem(path, schema[1]):
            yield problem
    include = included(line)
    if include and context_of(path) and context_of(include) not in (None, context_of(path)):
        yield ONLY_EVENTS
    if include and folder in MAY_INCLUDE:
        if not any(include.startswith(allowed + "/") for allowed in [folder, *MAY_INCLUDE[folder]]):
            yield "not a layer below"
    if include and folder in ROOMS and include.startswith(folder + "/"):
        if problem := room_problem(path, folder, include):
            yield problem
    if folder == "runtime/include" and OURS.search(line):
        yield "a public header is included as <troupe/...>"
    if folder in PURE and IMPURE.search(line):
        yield "domain code has no clock, thread or chance"


def layer_of(path: pathlib.Path) -> str:
    parts = path.parts
    return "/".join(parts[:2]) if parts[0] in ("runtime", "tools") else parts[0]


def check_order() -> None:
    for rooms in ROOMS.values():
        above: set[str] = set()
        for room, may_include in rooms.items():
            if not above.issuperset(may_include):
                raise ValueError(f"{room} may include what does not stand above it")
            above.add(room)


def main() -> int:
    check_order()
    root = pathlib.Path(__file__).resolve().parent.parent
    failures = 0
    for top in ("actors", "runtime", "schemas", "tools", "tests"):
        for path in sorted((root / top).rglob("*.proto" if top == "schemas" else "*.[ch]pp")):
            relative = path.relative_to(root)
            if TEMPLATES in relative.parents:
                continue
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                for problem in problems(relative.as_posix(), layer_of(relative), line):
                    print(f"{relative}:{number}: {problem}: {line.strip()}", file=sys.stderr)
                    failures += 1
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
