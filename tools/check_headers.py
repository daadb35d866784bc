#!/usr/bin/env python3
"""Compiles every header alone, with the flags of a configured build; public ones with nothing but their folder."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PUBLIC = ROOT / "runtime" / "include"
PROJECTS_OF_THEIR_OWN = ("tests/outside/", "tools/troupe/templates/")


def flags(build: pathlib.Path) -> list[str]:
    """All include paths and language flags of the build, from its compilation database."""
    kept: dict[str, None] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for i, word in enumerate(words):
            if word.startswith(("-I", "-std=", "-D")):
                kept[word] = None
            elif word == "-isystem":
                kept["-isystem" + words[i + 1]] = None
    return [f for f in kept if not f.startswith("-DTROUPE_")]


def compiles(header: pathlib.Path, options: list[str]) -> tuple[pathlib.Path, str]:
    command = ["g++", "-fsyntax-only", "-x", "c++", *options, "-include", str(header), os.devnull]
    return header, subprocess.run(command, capture_output=True, text=True).stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", nargs="?", default="release", help="a build that tools/build has configured")
    build = ROOT / "build" / parser.parse_args().preset
    if not (build / "compile_commands.json").exists():
        parser.error(f"{build.relative_to(ROOT)} is not configured; run tools/build first")
    options = flags(build)
    listed = subprocess.run(["git", "ls-files", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True)
    headers = [ROOT / line for line in listed.stdout.split() if not line.startswith(PROJECTS_OF_THEIR_OWN)]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        alone = ["-std=c++20", f"-I{PUBLIC}"]
        for header, errors in pool.map(lambda h: compiles(h, alone if PUBLIC in h.parents else options), headers):
            if errors:
                print(f"{header.relative_to(ROOT)} does not compile alone:\n{errors}", file=sys.stderr)
                failures += 1
    print(f"{len(headers) - failures} of {len(headers)} headers compile alone", file=sys.stderr)
    return failures > 0


if __name__ == "__main__":
    sys.exit(main())
