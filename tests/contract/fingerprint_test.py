"""Whatever decides what a context's events fold to changes its fingerprint, and nothing else does."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TROUPE_BINARY"]).parent
PROJECT = ROOT / "tests" / "outside" / "folds"


def run(*command: str, cwd: pathlib.Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


class Fingerprint(unittest.TestCase):
    """Of two contexts of another team, which it builds with the installed package."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="troupe-fingerprint-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.prefix = pathlib.Path(cls.folder.name) / "installed"
        run("cmake", "--install", str(BUILD), "--component", "dev", "--prefix", str(cls.prefix), cwd=ROOT)
        cls.project = cls.configured("project")
        cls.first = cls.fingerprints(cls.project)

    @classmethod
    def configured(cls, name: str) -> pathlib.Path:
        project = pathlib.Path(cls.folder.name) / name
        shutil.copytree(PROJECT, project)
        run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={cls.prefix}",
            cwd=project)
        return project

    @staticmethod
    def fingerprints(project: pathlib.Path) -> dict[str, str]:
        run("cmake", "--build", "build", "-j2", cwd=project)
        return dict(line.split(" ") for line in run("build/fingerprints", cwd=project).splitlines())

    def changed_by(self, file: str, before: str, after: str) -> set[str]:
        """The contexts that another text in a file makes new fingerprints for; the file is as it was afterwards."""
        path = self.project / file
        text = path.read_text()
        self.assertIn(before, text)
        path.write_text(text.replace(before, after))
        try:
            now = self.fingerprints(self.project)
        finally:
            path.write_text(text)
        return {context for context, fingerprint in now.items() if fingerprint != self.first[context]}

    def test_each_context_has_its_own(self):
        self.assertEqual(set(self.first), {"billing", "shipping"})
        self.assertTrue(all(len(fingerprint) == 64 for fingerprint in self.first.values()), self.first)
        self.assertNotEqual(self.first["billing"], self.first["shipping"])

    def test_evolve(self):
        self.assertEqual(self.changed_by("billing.hpp", "+ fee(e.cents())", "- fee(e.cents())"), {"billing"})

    def test_a_header_of_the_team(self):
        self.assertEqual(self.changed_by("rates.hpp", "cents / 50", "cents / 40"), {"billing"})

    def test_a_library_that_is_linked(self):
        self.assertEqual(self.changed_by("rounding.cpp", "cents / cents_per_euro", "(cents + 50) / cents_per_euro"), {"billing"})

    def test_a_header_of_that_library(self):
        self.assertEqual(self.changed_by("rates.hpp", "cents_per_euro = 100", "cents_per_euro = 1000"), {"billing"})

    def test_a_library_that_is_loaded(self):
        self.assertEqual(self.changed_by("taxes.cpp", "cents / 5", "cents / 4"), {"billing"})

    def test_a_source_of_the_context(self):
        self.assertEqual(self.changed_by("weights.cpp", "250", "300"), {"shipping"})

    def test_a_view(self):
        self.assertEqual(self.changed_by("shipping.hpp", "row.grams() + packed", "row.grams() - packed"), {"shipping"})

    def test_its_published_schema_and_not_those_who_react_to_it(self):
        schema = "schemas/billing/v1/events.proto"
        self.assertEqual(self.changed_by(schema, "int64 cents = 1;", "int64 cents = 1; string note = 2;"), {"billing"})

    def test_its_private_schema(self):
        self.assertEqual(self.changed_by("schemas/shipping/v1/state.proto", "int64 grams", "int32 grams"), {"shipping"})

    def test_not_a_comment(self):
        for file in ("billing.hpp", "rounding.cpp", "taxes.cpp", "weights.cpp", "schemas/billing/v1/events.proto"):
            with self.subTest(file):
                first = (PROJECT / file).read_text().splitlines()[0]
                self.assertEqual(self.changed_by(file, first, f"// Another word.\n// And another line.\n{first}"), set())

    def test_not_what_a_context_decides_or_reacts_to(self):
        self.assertEqual(self.changed_by("billing.hpp", "set_cents(issue.cents())", "set_cents(1)"), set())
        self.assertEqual(self.changed_by("shipping.hpp", "pack.set_grams(fee", "pack.set_grams(1 + fee"), set())

    def test_not_the_folder_that_it_is_built_in(self):
        self.assertEqual(self.fingerprints(self.configured("elsewhere")), self.first)


if __name__ == "__main__":
    unittest.main()
