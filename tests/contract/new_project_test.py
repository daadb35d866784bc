"""What `troupe new` writes is a project that another team builds, tests and runs with the installed package."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TROUPE_BINARY"]).parent
NAME = "car_rentals"


def run(*command: str, cwd: pathlib.Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=500, env={**os.environ, **(env or {})})


class NewProject(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temp = tempfile.TemporaryDirectory(prefix="troupe-new-")
        cls.folder = pathlib.Path(cls.temp.name)
        cls.prefix = cls.folder / "installed"
        installed = run("cmake", "--install", str(BUILD), "--prefix", str(cls.prefix), cwd=ROOT)
        assert installed.returncode == 0, installed.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temp.cleanup()

    def new(self, *arguments: str) -> subprocess.CompletedProcess:
        return run(str(BUILD / "troupe"), "new", *arguments, cwd=self.folder)

    def test_it_is_built_tested_and_run_by_its_own_tools(self):
        made = self.new(NAME)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("tools/run --count 20", made.stdout)
        project = self.folder / NAME
        # As tools/setup of this repository leaves it; there is no need to fetch another one.
        servers = {"PATH": f"{ROOT / 'build' / 'tools'}:{os.environ['PATH']}", "CMAKE_PREFIX_PATH": str(self.prefix)}
        tested = run("tools/test", cwd=project, env=servers)
        self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
        self.assertIn("100% tests passed", tested.stdout)
        ran = run("tools/run", "--count", "20", cwd=project, env=servers)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("20 items: 18 are active, 2 found no place", ran.stdout)

    def test_it_says_what_it_wrote(self):
        made = self.new("billing", "--dir", "elsewhere", "--json")
        self.assertEqual(made.returncode, 0, made.stderr)
        told = json.loads(made.stdout)
        self.assertEqual((told["name"], told["folder"]), ("billing", "elsewhere"))
        written = {str(path.relative_to(self.folder / "elsewhere")) for path in (self.folder / "elsewhere").rglob("*") if path.is_file()}
        self.assertEqual(set(told["files"]), written)

    def test_existing_folder(self):
        (self.folder / "mine").mkdir()
        made = self.new("mine")
        self.assertEqual(made.returncode, 2)
        self.assertIn("troupe: mine is there already", made.stderr)
        self.assertEqual(list((self.folder / "mine").iterdir()), [])

    def test_name_that_cannot_be_used(self):
        for name in ("Billing", "class", "layout"):
            made = self.new(name)
            self.assertEqual(made.returncode, 2)
            self.assertIn("name", made.stderr)
            self.assertFalse((self.folder / name).exists())


if __name__ == "__main__":
    unittest.main()
