"""tools/setup installs what is missing, or says what an administrator has to run; apt and its mirror are stand-ins."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETUP = (ROOT / "tools/setup").read_text()
PACKAGES = re.search(r"^packages=\((.+?)\)", SETUP, re.MULTILINE | re.DOTALL).group(1).split()
PATIENCE = 60  # seconds
NOBODY = 65534
TOOLS = "awk bash basename cat chmod comm cp dirname dpkg dpkg-deb env grep id ln mkdir mv readlink rm sed setpriv sh sort tar xz".split()

APT_GET = """#!/bin/sh
echo "$(id -u) apt-get $*" >>{folder}/calls
case " $* " in
  *" indextargets "*) echo "http://mirror.example/debian/ {release} Debian main" ;;
  *" download nats-server "*) cp {folder}/nats-server.deb nats-server_2.99.0_all.deb ;;
esac
"""
DPKG_QUERY = """#!/bin/sh
format=$3
shift 3
for package; do
  version=$(sed -n "s/^$package //p" {folder}/installed)
  [ -n "$version" ] || continue
  case $format in *Package*) echo "installed $package" ;; *) echo "installed $version" ;; esac
done
"""
SUDO = """#!/bin/sh
echo "sudo $*" >>{folder}/calls
[ -e {folder}/sudoer ] && exec "$@"
echo "sudo: you are not in the sudoers file" >&2
exit 1
"""
NATS_SERVER = "#!/bin/sh\necho nats-server: v2.99.0\n"


class Setup(unittest.TestCase):
    """In a repository that has nothing but tools/setup, on a system with Debian 13's packages unless it is said otherwise."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-setup-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.make_nats_server_package()
        self.on_release("trixie")
        self.has(*PACKAGES, "libcatch2-dev")

    def program(self, path: pathlib.Path, text: str):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def make_nats_server_package(self):
        package = self.folder / "package"
        self.program(package / "usr/sbin/nats-server", NATS_SERVER)
        (package / "DEBIAN").mkdir()
        (package / "DEBIAN/control").write_text(
            "Package: nats-server\nVersion: 2.99.0\nArchitecture: all\nMaintainer: Nobody <nobody@localhost>\nDescription: a stand-in\n")
        subprocess.run(["dpkg-deb", "-b", package, self.folder / "nats-server.deb"], check=True, capture_output=True)

    def on_release(self, codename: str):
        (self.folder / "os-release").write_text(f"VERSION_CODENAME={codename}\n")
        self.program(self.folder / "repository/tools/setup", SETUP.replace("/etc/os-release", str(self.folder / "os-release")))
        self.program(self.bin / "apt-get", APT_GET.format(folder=self.folder, release=codename))
        self.program(self.bin / "dpkg-query", DPKG_QUERY.format(folder=self.folder))

    def has(self, *packages: str, catch2: str = "3.7.1"):
        versions = {package: catch2 if package == "libcatch2-dev" else "1.0" for package in packages}
        (self.folder / "installed").write_text("".join(f"{package} {version}\n" for package, version in versions.items()))

    def has_sudo(self, may: bool):
        self.program(self.bin / "sudo", SUDO.format(folder=self.folder))
        if may:
            (self.folder / "sudoer").touch()

    def has_nats_server(self):
        self.program(self.folder / "repository/build/tools/nats-server", NATS_SERVER)

    def run_setup(self) -> subprocess.CompletedProcess:
        """As an ordinary user."""
        drop = []
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.folder], check=True)
            drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        return subprocess.run([*drop, self.folder / "repository/tools/setup"], capture_output=True, text=True, timeout=PATIENCE,
                              env={"PATH": str(self.bin), "HOME": str(self.folder)})

    def calls(self) -> str:
        log = self.folder / "calls"
        return log.read_text() if log.exists() else ""

    def test_when_nothing_is_missing_it_says_and_asks_nothing(self):
        self.has_nats_server()
        done = self.run_setup()
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.calls()), (0, "", "", ""))

    def test_nats_server_is_fetched_without_root_and_once(self):
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        ours = subprocess.run([self.folder / "repository/build/tools/nats-server"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn("v2.99.0", ours.stdout)
        self.assertIn("download nats-server", self.calls())
        (self.folder / "calls").unlink()
        self.assertEqual(self.run_setup().returncode, 0)
        self.assertEqual(self.calls(), "")

    def test_a_nats_server_on_path_that_is_new_enough_is_used(self):
        self.program(self.bin / "nats-server", NATS_SERVER)
        self.assertEqual(self.run_setup().returncode, 0)
        self.assertEqual((self.folder / "repository/build/tools/nats-server").resolve(), self.bin / "nats-server")
        self.assertEqual(self.calls(), "")

    def test_without_sudo_it_says_what_an_administrator_has_to_run_and_fetches_the_rest(self):
        self.has(*(package for package in PACKAGES if package not in ("g++", "cmake")))
        done = self.run_setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("An administrator has to run, as root:\n"
                      "  apt-get update\n"
                      "  apt-get install -y --no-install-recommends cmake g++ libcatch2-dev\n", done.stderr)
        self.assertNotIn(" install ", self.calls())
        self.assertTrue((self.folder / "repository/build/tools/nats-server").exists())

    def test_an_administrator_of_debian_12_is_told_of_backports(self):
        self.on_release("bookworm")
        self.has(*PACKAGES, "clang-format", "libcatch2-dev", catch2="2.13.10")
        self.has_nats_server()
        done = self.run_setup()
        self.assertEqual(done.returncode, 1)
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        self.assertIn(f"  echo 'deb [signed-by={keyring}] http://mirror.example/debian/ bookworm-backports main'"
                      " >/etc/apt/sources.list.d/bookworm-backports.list\n"
                      "  apt-get update\n"
                      "  apt-get install -y --no-install-recommends catch2/bookworm-backports libcatch2-dev/bookworm-backports\n", done.stderr)

    def test_only_debian_12_has_the_clang_format_that_the_check_needs(self):
        self.on_release("bookworm")
        self.has_nats_server()
        self.assertIn("  apt-get install -y --no-install-recommends clang-format\n", self.run_setup().stderr)

    def test_with_sudo_it_installs_what_is_missing(self):
        self.has(*(package for package in PACKAGES if package != "cmake"), "libcatch2-dev")
        self.has_nats_server()
        self.has_sudo(may=True)
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends cmake\n", self.calls())

    def test_with_sudo_on_debian_12_catch2_comes_from_backports_and_the_systems_sources_stay(self):
        self.on_release("bookworm")
        self.has(*PACKAGES, "clang-format")
        self.has_nats_server()
        self.has_sudo(may=True)
        done = self.run_setup()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(self.calls(), r"sudo env .* apt-get .*Dir::Etc::SourceParts=/dev/null.* install .* catch2 libcatch2-dev\n")
        sources = self.folder / "repository/build/tools/apt/bookworm-backports/sources.list"
        self.assertIn("http://mirror.example/debian/ bookworm-backports main", sources.read_text())

    def test_who_may_not_use_sudo_is_told_as_if_there_were_none(self):
        self.has(*(package for package in PACKAGES if package != "cmake"), "libcatch2-dev")
        self.has_nats_server()
        self.has_sudo(may=False)
        done = self.run_setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("  apt-get install -y --no-install-recommends cmake\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
