"""Another team's project finds the installed package, builds a context with it and tests it."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TROUPE_BINARY"]).parent
OUTSIDE = ROOT / "tests" / "outside"


def run(*command: str, cwd: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="troupe-package-")
        cls.prefix = pathlib.Path(cls.folder.name) / "installed"
        installed = run("cmake", "--install", str(BUILD), "--component", "dev", "--prefix", str(cls.prefix), cwd=ROOT)
        assert installed.returncode == 0, installed.stderr

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def configured(self, name: str, more_cmake: str = "", replace: tuple[str, str] = ("", "")) -> subprocess.CompletedProcess:
        """A copy of the outside project, as if in a repository of its own."""
        self.project = pathlib.Path(self.folder.name) / name
        shutil.copytree(OUTSIDE, self.project)
        lists = self.project / "CMakeLists.txt"
        lists.write_text(lists.read_text().replace(*replace) + more_cmake)
        return run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.project)

    def test_context_builds_and_its_tests_pass(self):
        configured = self.configured("works")
        self.assertEqual(configured.returncode, 0, configured.stderr)
        built = run("cmake", "--build", "build", "-j2", cwd=self.project)
        self.assertEqual(built.returncode, 0, built.stdout)
        tested = run("build/billing_tests", cwd=self.project)
        self.assertEqual(tested.returncode, 0, tested.stdout)
        self.assertIn("3 test cases", tested.stdout)

    def test_nothing_of_the_source_tree_is_in_it(self):
        for file in self.prefix.rglob("*"):
            if file.is_file():
                self.assertNotIn(bytes(ROOT), file.read_bytes(), file)

    def test_newer_version_than_installed(self):
        configured = self.configured("newer", replace=("Troupe 0.2", "Troupe 0.3"))
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("0.3", configured.stderr)

    def test_schema_that_is_not_there(self):
        configured = self.configured("schema", replace=("v1/state.proto", "v1/bills.proto"))
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("there is no schema", configured.stderr)
        self.assertIn("bills.proto", configured.stderr)

    def test_context_without_a_name(self):
        configured = self.configured("nameless", "troupe_context(SCHEMAS a.proto)\n")
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("give the context a NAME", configured.stderr)

    def test_context_without_a_header(self):
        configured = self.configured("headless", "troupe_context(NAME empty SCHEMAS empty/v1/events.proto)\n")
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("say which HEADER holds the context's struct", " ".join(configured.stderr.split()))

    def test_schema_that_a_program_would_hold_twice(self):
        configured = self.configured("twice", "troupe_events(NAME again SCHEMAS billing/v1/events.proto)\n")
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("billing/v1/events.proto is in billing_events already", " ".join(configured.stderr.split()))

    def test_another_contexts_events_are_all_that_is_known_of_it(self):
        self.configured("reacts", "troupe_context(NAME letters SCHEMAS letters/v1/events.proto REACTS_TO billing_events)\n")
        (self.project / "schemas/letters/v1").mkdir(parents=True)
        (self.project / "schemas/letters/v1/events.proto").write_text('syntax = "proto3"; package letters.v1; message Sent {}')
        header = self.project / "letters.hpp"
        for schema, code in (("events", 0), ("commands", 1)):
            header.write_text(
                f'''#pragma once
                #include <troupe/context.hpp>
                #include "letters/v1/events.pb.h"
                #include "billing/v1/{schema}.pb.h"
                namespace letters {{
                struct Letters {{
                  static constexpr std::string_view name = "letters";
                  using Parts = troupe::Parts<>;
                }};
                }}'''
            )
            self.assertEqual(run("cmake", "-B", "build", cwd=self.project).returncode, 0)
            built = run("cmake", "--build", "build", "--target", "letters", cwd=self.project)
            self.assertEqual(built.returncode, code, built.stdout)
        self.assertIn("billing/v1/commands.pb.h: No such file", built.stdout)

    def test_library_that_the_runtime_needs_and_that_is_not_there(self):
        without = ("find_package(Troupe", "set(CMAKE_DISABLE_FIND_PACKAGE_spdlog ON)\nfind_package(Troupe")
        missing = self.configured("no-spdlog", replace=without)
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn("install them (Debian: libspdlog-dev)", " ".join(missing.stderr.split()))

    def test_context_is_built_with_troupe_as_a_part_of_the_project(self):
        part = ("find_package(Troupe 0.2 CONFIG REQUIRED COMPONENTS testing)", f"add_subdirectory({ROOT} troupe)")
        configured = self.configured("part", replace=part)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        targets = run("cmake", "--build", "build", "--target", "help", cwd=self.project).stdout
        self.assertIn("libtroupe.a", targets)
        self.assertNotIn("ordering", targets)
        built = run("cmake", "--build", "build", "-j2", "--target", "billing_tests", cwd=self.project)
        self.assertEqual(built.returncode, 0, built.stdout)
        self.assertEqual(run("build/billing_tests", cwd=self.project).returncode, 0)

    def test_context_without_schemas(self):
        configured = self.configured("no-schemas", "troupe_context(NAME empty)\n")
        self.assertNotEqual(configured.returncode, 0)
        self.assertIn("name its SCHEMAS", configured.stderr)

    def test_without_catch2_the_test_kit_is_not_there_and_the_domain_is(self):
        without = ("find_package(Troupe", "set(CMAKE_DISABLE_FIND_PACKAGE_Catch2 ON)\nfind_package(Troupe")
        missing = self.configured("no-catch2", replace=without)
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn("Troupe's test kit needs Catch2 3", " ".join(missing.stderr.split()))
        lists = self.project / "CMakeLists.txt"
        domain = lists.read_text().replace(" COMPONENTS testing", "").split("find_package(Catch2")[0]
        lists.write_text(domain + "if(TARGET Troupe::testing)\n  message(FATAL_ERROR there)\nendif()\n")
        configured = run("cmake", "-S", ".", "-B", "again", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.project)
        self.assertEqual(configured.returncode, 0, configured.stderr)


if __name__ == "__main__":
    unittest.main()
