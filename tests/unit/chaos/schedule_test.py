"""Scenarios and schedules: the data that are read, and what a seed decides."""

import unittest

from chaos_kit import scenario, schedule
from chaos_kit.faults import KINDS

TWO_KINDS = """
summary = "for a test"
gap_s = [1, 2]
[cluster]
nodes = 3
[[faults]]
kind = "node-kill"
times = 20
hold_s = [2, 4]
[[faults]]
kind = "flushall"
hold_s = 5
"""


class ScheduleTest(unittest.TestCase):
    def setUp(self):
        self.scenario = scenario.parse("two-kinds", TWO_KINDS)

    def test_a_seed_repeats_its_schedule(self):
        self.assertEqual(schedule.plan(self.scenario, 7), schedule.plan(self.scenario, 7))
        first, second = (planned.dice().random() for planned in schedule.plan(self.scenario, 7)[:2])
        self.assertNotEqual(first, second)
        self.assertEqual(first, schedule.plan(self.scenario, 7)[0].dice().random())

    def test_another_seed_makes_another_schedule(self):
        self.assertNotEqual(schedule.plan(self.scenario, 7), schedule.plan(self.scenario, 8))

    def test_all_faults_come_and_keep_their_bounds(self):
        planned = schedule.plan(self.scenario, 1)
        self.assertEqual(sorted(one.kind for one in planned), ["flushall"] + ["node-kill"] * 20)
        self.assertEqual([one.number for one in planned], list(range(1, 22)))
        for one in planned:
            self.assertTrue(1 <= one.gap_s <= 2)
            self.assertTrue(one.hold_s == 5 if one.kind == "flushall" else 2 <= one.hold_s <= 4)
        self.assertLessEqual(sum(one.gap_s + one.hold_s for one in planned), self.scenario.longest_s)

    def test_in_order_means_as_written(self):
        ordered = scenario.parse("ordered", "in_order = true\n" + TWO_KINDS)
        self.assertEqual(schedule.plan(ordered, 3)[-1].kind, "flushall")


class ScenarioTest(unittest.TestCase):
    def test_every_scenario_of_the_tree_can_be_read_and_names_known_faults(self):
        self.assertIn("chaos-smoke", scenario.names())
        for name in scenario.names():
            with self.subTest(name):
                loaded = scenario.load(name)
                self.assertTrue(loaded.summary)
                self.assertLessEqual({spec.kind for spec in loaded.faults}, set(KINDS))

    def test_the_smoke_has_what_ci_must_have_seen(self):
        smoke = scenario.load("chaos-smoke")
        kinds = {spec.kind for spec in smoke.faults}
        self.assertGreaterEqual(sum(spec.times for spec in smoke.faults), 10)
        self.assertLessEqual({"node-kill", "node-stop", "fault-point", "nats-kill", "flushall"}, kinds)
        self.assertTrue(any(kind.startswith("partition") for kind in kinds))
        self.assertTrue(all(spec.hold_s[0] >= 8 for spec in smoke.faults if spec.kind == "node-stop"))

    def test_what_makes_no_sense_is_one_sentence(self):
        for text in ("", "faults = 3", "[[faults]]\ntimes = 3", "[[faults]]\nkind = 'x'\nhold_s = [3, 1]", "colour = 1\n" + TWO_KINDS, "]["):
            with self.subTest(text), self.assertRaises(scenario.ScenarioError) as raised:
                scenario.parse("odd", text)
            self.assertTrue(str(raised.exception).startswith("odd: "))


if __name__ == "__main__":
    unittest.main()
