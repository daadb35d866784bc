"""The Debian packages hold what they should, where Debian wants it; tools/package --check also installs them in a bare root."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TROUPE_BINARY"]).parent
PATIENCE = 300  # seconds


def run(*command) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class DebianPackages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="troupe-debs-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", cls.folder / "made", "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip")
        cls.packages = {path.name.split("_")[0]: path for path in (cls.folder / "made").glob("*.deb")}
        for name, path in cls.packages.items():
            run("dpkg-deb", "-R", path, cls.folder / name)

    def files(self, package: str) -> set[str]:
        folder = self.folder / package
        files = (str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
        return {file for file in files if not file.startswith("DEBIAN/")}

    def field(self, package: str, name: str) -> str:
        return run("dpkg-deb", "-f", self.packages[package], name).strip()

    def names_in(self, package: str, name: str) -> set[str]:
        return {dependency.split()[0] for dependency in self.field(package, name).split(", ")}

    def test_there_are_two_of_one_version(self):
        self.assertEqual(set(self.packages), {"troupe", "libtroupe-dev"})
        version, architecture = self.field("troupe", "Version"), self.field("troupe", "Architecture")
        for name, path in self.packages.items():
            self.assertEqual(path.name, f"{name}_{version}_{architecture}.deb")
        self.assertIn(f"troupe (= {version})", self.field("libtroupe-dev", "Depends"))

    def test_troupe_has_program_units_and_configuration(self):
        files = self.files("troupe")
        wanted = {"usr/bin/troupe", "usr/lib/systemd/system/troupe-nats.service", "usr/lib/systemd/system/troupe-node@.service",
                  "etc/troupe/node.toml", "etc/troupe/node.env", "etc/troupe/redis.conf", "etc/troupe/nats/nats.conf", "etc/troupe/nats/nats.env",
                  "usr/share/doc/troupe/copyright", "usr/share/doc/troupe/README.md"}
        self.assertEqual(wanted - files, set())
        self.assertEqual({file for file in files if file.startswith("usr/bin/")}, {"usr/bin/troupe"})

    def test_what_an_administrator_edits_outlives_an_upgrade(self):
        conffiles = (self.folder / "troupe/DEBIAN/conffiles").read_text().split()
        self.assertEqual({file.lstrip("/") for file in conffiles}, {file for file in self.files("troupe") if file.startswith("etc/")})

    def test_troupe_depends_on_what_it_links(self):
        depends = self.names_in("troupe", "Depends")
        linked = run("objdump", "-p", self.folder / "troupe/usr/bin/troupe")
        self.assertIn("libc6", depends)
        for library in re.findall(r"NEEDED\s+lib(nats|uv|protobuf)\.", linked):
            self.assertTrue(any(name.startswith(f"lib{library}") for name in depends), (library, depends))

    def test_libtroupe_dev_depends_on_what_its_cmake_package_looks_for(self):
        wanted = set(re.findall(r"[a-z0-9.+-]+-dev\b", (ROOT / "runtime/cmake/TroupeDependencies.cmake").read_text()))
        self.assertGreater(len(wanted), 5)
        depends = self.names_in("libtroupe-dev", "Depends")
        self.assertEqual(wanted - depends, set())
        self.assertLessEqual({"g++", "cmake", "protobuf-compiler"}, depends)

    def test_libtroupe_dev_has_headers_schemas_library_and_cmake_package(self):
        files = self.files("libtroupe-dev")
        for pattern in (r"usr/include/troupe/aggregate\.hpp", r"usr/lib/.*libtroupe\.a", r"usr/lib/.*cmake/Troupe/TroupeConfig\.cmake",
                        r"usr/share/troupe/schemas/troupe/v1/.*\.proto"):
            self.assertTrue(any(re.fullmatch(pattern, file) for file in files), pattern)

    @unittest.skipUnless("CMAKE_BUILD_TYPE:STRING=Release" in (BUILD / "CMakeCache.txt").read_text(), "what is made to be debugged names its sources")
    def test_nothing_of_the_source_tree_is_in_them(self):
        for package in self.packages:
            for file in self.files(package):
                self.assertFalse(str(ROOT).encode() in (self.folder / package / file).read_bytes(), file)


if __name__ == "__main__":
    unittest.main()
