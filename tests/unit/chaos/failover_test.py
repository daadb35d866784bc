"""Failover times: one sample per kill and slot, from SIGKILL to the first command accepted afterwards."""

import math
import unittest

from chaos_kit import failover

MS = 1_000_000


def probe(slot, sent_ms, answered_ms, ok=True):
    return {"slot": slot, "t": sent_ms * MS, "answered": answered_ms * MS, "ok": ok}


class FailoverTest(unittest.TestCase):
    def test_the_first_accepted_probe_counts(self):
        probes = [probe(3, 900, 910), probe(3, 1_050, 2_050, ok=False), probe(3, 2_100, 2_120), probe(3, 2_150, 2_170)]
        self.assertEqual(failover.samples([{"t": 1_000 * MS, "slots": [3]}], probes), [1_120])

    def test_what_was_sent_before_the_kill_does_not_count(self):
        probes = [probe(3, 999, 1_001), probe(3, 1_500, 1_600)]
        self.assertEqual(failover.samples([{"t": 1_000 * MS, "slots": [3]}], probes), [600])

    def test_a_later_probe_may_be_answered_first(self):
        probes = [probe(3, 1_100, 1_900), probe(3, 1_200, 1_300)]
        self.assertEqual(failover.samples([{"t": 1_000 * MS, "slots": [3]}], probes), [300])

    def test_every_slot_of_every_kill_is_a_sample(self):
        probes = [probe(1, 1_100, 1_200), probe(2, 1_100, 1_300), probe(1, 9_100, 9_150)]
        kills = [{"t": 1_000 * MS, "slots": [1, 2]}, {"t": 9_000 * MS, "slots": [1]}]
        self.assertEqual(failover.samples(kills, probes), [200, 300, 150])

    def test_a_slot_that_nobody_took_is_not_left_out(self):
        self.assertEqual(failover.samples([{"t": 0, "slots": [5]}], [probe(5, 40_000, 40_001)]), [math.inf])
        self.assertEqual(failover.summary([math.inf])["p99"], failover.LONGEST_S * 1e3)

    def test_a_planned_stop_pauses_a_slot_for_its_longest_gap(self):
        probes = [probe(1, at - 5, at) for at in (900, 950, 1_000, 1_200, 1_250, 1_300, 7_000)] + [probe(2, 100, 110)]
        stop = {"t": 980 * MS, "slots": [1]}
        self.assertEqual(failover.pauses([stop, {"t": 1_260 * MS, "slots": []}], probes), [200])
        self.assertEqual(failover.pauses([{"t": 980 * MS, "slots": [2]}], probes), [math.inf])

    def test_percentiles_are_samples(self):
        values = [float(value) for value in range(1, 101)]
        self.assertEqual((failover.percentile(values, 0.5), failover.percentile(values, 0.99)), (50, 99))
        self.assertEqual(failover.percentile([7.0], 0.99), 7)
        self.assertIsNone(failover.percentile([], 0.5))


if __name__ == "__main__":
    unittest.main()
