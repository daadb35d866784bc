"""What deploy/ holds is accepted by the programs it is for."""

import configparser
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import unittest

import yaml

from cluster_kit import questions
from cluster_kit.plan import Options, plan

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NATS_SERVER = str(ROOT / "build/tools/nats-server") if (ROOT / "build/tools/nats-server").exists() else "nats-server"
PATIENCE = 60  # seconds


def run(*command, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, **environment})


class WithFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="troupe-deploy-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Nats(unittest.TestCase):
    def test_the_server_takes_its_configuration(self):
        done = run(NATS_SERVER, "-t", "-c", DEPLOY / "nats/nats.conf", NATS_NAME="nats-1", NATS_MAX_FILE="50GB")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_not_said_in_the_environment_is_missed(self):
        self.assertNotEqual(run(NATS_SERVER, "-t", "-c", DEPLOY / "nats/nats.conf", NATS_NAME="nats-1").returncode, 0)


class Redis(WithFolder):
    def test_redis_starts_with_its_configuration_and_has_the_wanted_settings(self):
        redis = next(part for part in plan(self.folder, Options(nodes=0, troupe=pathlib.Path("/bin/true"))) if part.kind == "redis")
        url = redis.addresses["url"]
        self.addCleanup(redis.process.stop)
        redis.process.start()
        redis.process.wait_until(lambda: questions.redis(url), PATIENCE)
        for setting, value in {"maxmemory-policy": "noeviction", "appendonly": "yes", "appendfsync": "everysec", "save": ""}.items():
            self.assertEqual(self.setting(url, setting), value, setting)
        self.assertGreater(int(self.setting(url, "maxmemory")), 0)

    def setting(self, url: str, name: str) -> str:
        """By CONFIG GET: its answer's last line is the value."""
        host, port = url.removeprefix("redis://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"CONFIG GET {name}\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 5:
                answer += connection.recv(4096)
        return answer.decode().split("\r\n")[4]


class Systemd(WithFolder):
    UNITS = ("troupe-nats.service", "troupe-node@.service")

    def test_a_node_is_told_to_stop_and_given_time_to_hand_over(self):
        for unit in self.UNITS:
            service = self.parsed(unit)["Service"]
            self.assertEqual((service["Type"], service["KillSignal"], service["Restart"]), ("exec", "SIGTERM", "always"), unit)
            self.assertGreaterEqual(int(service["TimeoutStopSec"]), 60, unit)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd here")
    def test_systemd_takes_the_units(self):
        shutil.copytree(DEPLOY / "systemd", self.folder, dirs_exist_ok=True)
        units = ["troupe-nats.service", "troupe-node@1.service", "redis-server.service"]
        shutil.copy(self.folder / "troupe-node@.service", self.folder / "troupe-node@1.service")
        done = run("systemd-analyze", "verify", "--man=no", *(str(self.folder / unit) if "redis" not in unit else unit for unit in units),
                   SYSTEMD_UNIT_PATH=f"{self.folder}:")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def started(self, line: str, **environment: str) -> subprocess.CompletedProcess:
        """What a line of the node's unit does, its words expanded as systemd does."""
        words = shlex.split(self.parsed("troupe-node@.service")["Service"][line].replace("$$", "$").replace("%i", "1"))
        return run(*(environment.get(word[2:-1], word) if word.startswith("${") else word for word in words), **environment)

    def test_a_node_is_one_of_the_program_that_the_administrator_named(self):
        program = self.folder / "subscriptions"
        program.write_text('#!/bin/sh\necho "$0 $*"\n')
        program.chmod(0o755)
        self.assertEqual(self.started("ExecStartPre", TROUPE_PROGRAM=str(program)).returncode, 0)
        done = self.started("ExecStart", TROUPE_PROGRAM=str(program))
        self.assertEqual(done.stdout, f"{program} node --config /etc/troupe/node-1.toml\n")

    def test_a_node_without_a_program_says_where_to_name_one(self):
        done = self.started("ExecStartPre", TROUPE_PROGRAM="")
        self.assertEqual((done.returncode, done.stderr), (2, "/etc/troupe/node.env must say TROUPE_PROGRAM=\n"))

    def parsed(self, unit: str) -> configparser.ConfigParser:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str
        parser.read(DEPLOY / "systemd" / unit)
        return parser


class Docker(unittest.TestCase):
    def setUp(self):
        self.compose = yaml.safe_load((DEPLOY / "docker/compose.yaml").read_text())
        self.dockerfile = (DEPLOY / "docker/Dockerfile").read_text().replace("\\\n", "")

    def test_the_dockerfile_copies_what_exists_and_names_its_stages(self):
        stages = re.findall(r"^FROM \S+ AS (\S+)$", self.dockerfile, re.MULTILINE)
        for line in re.findall(r"^COPY (.+)$", self.dockerfile, re.MULTILINE):
            *sources, _ = line.split()
            if sources[0].startswith("--from="):
                self.assertIn(sources[0].removeprefix("--from="), stages)
            else:
                for source in sources:
                    self.assertTrue((ROOT / source).exists(), source)
        for service in self.compose["services"].values():
            if "build" in service:
                self.assertIn(service["build"]["target"], stages)

    def test_the_image_has_what_its_programs_link(self):
        done = run(DEPLOY / "docker/linked-packages", shutil.which("bash"), shutil.which("openssl"))
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [re.split(r"[ |]", needed)[0] for needed in done.stdout.strip().split(", ")]
        self.assertIn("libc6", names)
        self.assertTrue(any(name.startswith("libssl") for name in names), names)
        self.assertEqual(run("apt-get", "satisfy", "-s", done.stdout.strip()).returncode, 0)

    def test_compose_names_only_what_it_has(self):
        services = self.compose["services"]
        self.assertEqual(sum(name.startswith("node-") for name in services), 3)
        for name, service in services.items():
            self.assertLessEqual(set(service.get("depends_on", [])), set(services), name)
            self.assertTrue("image" in service, name)
            if "build" in service:
                self.assertTrue((DEPLOY / "docker" / service["build"]["context"] / service["build"]["dockerfile"]).exists())
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(source in self.compose["volumes"] or (DEPLOY / "docker" / source).exists(), source)

    def test_the_servers_of_compose_are_those_of_the_configurations(self):
        names = {name for name in self.compose["services"] if name.startswith("nats-")}
        self.assertEqual({self.compose["services"][name]["environment"]["NATS_NAME"] for name in names}, names)
        for file in (DEPLOY / "nats/nats.conf", DEPLOY / "node.toml"):
            self.assertEqual(set(re.findall(r"nats://(nats-\d)", file.read_text())), names, file)
        self.assertEqual(set(re.findall(r"http://(nats-\d)", (DEPLOY / "node.toml").read_text())), names)


if __name__ == "__main__":
    unittest.main()
