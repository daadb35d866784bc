"""What is written for a node is what it reads."""

import pathlib
import tempfile
import tomllib
import unittest

from cluster_kit import configuration


class NodeTest(unittest.TestCase):
    def test_settings_are_read_as_they_were_meant(self):
        settings = {"node": {"name": "mine", "contexts": ["ordering", "payments"]},
                    "nats": {"user": 'a "quoted" back\\slash, two\nlines, \u00f6', "replicas": 3},
                    "letters": {"share": 0.25, "by_air": True}}
        self.assertEqual(tomllib.loads(configuration.node_toml(settings)), settings)

    def test_what_is_not_said_is_left_to_the_defaults(self):
        with tempfile.TemporaryDirectory() as folder:
            written = configuration.write_node(
                pathlib.Path(folder) / "node-1.toml", "node-1", [], 9000, {"url": "nats://a", "monitoring": "http://a", "replicas": 1},
                "redis://a", "smtp://a", "dev", 0)
            settings = tomllib.loads(written.read_text())
        self.assertEqual(settings["node"], {"name": "node-1", "health": "127.0.0.1:9000"})
        self.assertNotIn("cluster", settings)


if __name__ == "__main__":
    unittest.main()
