"""What the nemesis writes about a fault."""

import json
import pathlib
import tempfile
import types
import unittest
from unittest import mock

from chaos_kit import nemesis, schedule
from chaos_kit.faults import Fault, NoEffect


class HealingTest(unittest.TestCase):
    def phases(self, fault: type[Fault]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(nemesis.KINDS, {"odd": fault}):
            record = pathlib.Path(folder) / "nemesis.jsonl"
            system = types.SimpleNamespace(names=lambda kind: [], wait_until_ready=lambda patience: None,
                                           revive=mock.Mock(side_effect=[["node-2"], []]))
            self.nemesis = nemesis.Nemesis(system, record, lambda sentence: None)
            self.nemesis.run([schedule.Planned(1, "odd", 0, 0, {}, "1")], float("inf"), lambda seconds: None)
            return [json.loads(line)["phase"] for line in record.read_text().splitlines()]

    def test_a_node_that_ended_to_be_started_anew_is_before_the_next_fault(self):
        class Odd(Fault):
            def strike(self):
                pass
        self.phases(Odd)
        self.assertEqual(self.nemesis.revived, ["node-2"])

    def test_the_record_says_when_a_fault_begins_to_be_undone(self):
        class Odd(Fault):
            def strike(self):
                pass
        self.assertEqual(self.phases(Odd), ["start", "struck", "healing", "stop"])

    def test_also_of_one_that_failed_halfway(self):
        class Failing(Fault):
            def strike(self):
                raise NoEffect("nothing happened")
        self.assertEqual(self.phases(Failing), ["start", "healing", "stop"])


if __name__ == "__main__":
    unittest.main()
