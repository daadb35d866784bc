"""What shows that a fault had effect, and what the clients were told: reading what others print."""

import json
import unittest

from chaos_kit import gate, history, islands, links, nats_api

LISTING = """Chain nemesis (1 references)
    pkts      bytes target     prot opt in     out     source               destination
      12      720 DROP       tcp  --  *      *       0.0.0.0/0            127.0.0.11           tcp dpt:4222
       3      180 DROP       tcp  --  *      *       127.0.0.11           0.0.0.0/0            tcp spt:4222 statistic mode random probability 0.20
"""

CONFIG = '[node]\nhealth = "127.0.0.1:9000"\n[nats]\nurl = "nats://127.0.0.1:4222,nats://127.0.0.1:4223"\n' \
         'monitoring_url = "http://127.0.0.1:8222"\n[redis]\nurl = "redis://127.0.0.1:6379"\n'


def told(command, kind, second=0):
    return json.dumps({"t": second * 10**9, "cmd": command, "type": kind}) + "\n"


class EffectTest(unittest.TestCase):
    def test_dropped_packets_are_those_of_all_rules(self):
        self.assertEqual(links.packets(LISTING), 15)
        self.assertEqual(links.packets(LISTING.splitlines()[0]), 0)

    def test_servers_that_are_set_apart_are_found_at_their_new_addresses_and_nobody_else_is(self):
        servers = {"4222": "10.77.0.1", "8222": "10.77.0.1", "6222": "10.77.0.1", "4223": "10.77.0.2"}
        self.assertEqual(islands.moved(CONFIG, servers), CONFIG.replace("127.0.0.1:4222", "10.77.0.1:4222")
                         .replace("127.0.0.1:4223", "10.77.0.2:4223").replace("127.0.0.1:8222", "10.77.0.1:8222"))
        server = 'listen: 0.0.0.0:4222\nhttp: 127.0.0.1:8222\ncluster {\n  listen: 127.0.0.1:6222\n  routes: ["nats://127.0.0.1:6222"]\n}\n'
        self.assertEqual(islands.moved(server, servers), 'listen: 0.0.0.0:4222\nhttp: 0.0.0.0:8222\ncluster {\n  listen: 0.0.0.0:6222\n'
                         '  routes: ["nats://10.77.0.1:6222"]\n}\n')

    def test_a_node_reaches_its_servers_and_nothing_else_by_its_own_address(self):
        changed = links.redirected(CONFIG, "127.0.0.11")
        self.assertIn('url = "nats://127.0.0.11:4222,nats://127.0.0.11:4223"', changed)
        self.assertIn('url = "redis://127.0.0.11:6379"', changed)
        self.assertIn('monitoring_url = "http://127.0.0.1:8222"', changed)
        self.assertIn('health = "127.0.0.1:9000"', changed)

    def test_a_block_of_headers_is_read_with_its_status(self):
        self.assertEqual(nats_api.headers_of(b"NATS/1.0 503\r\n\r\n"), {"Status": "503"})
        self.assertEqual(nats_api.headers_of(b"NATS/1.0\r\nNats-Service-Error-Code: 400\r\nA:b: c\r\n\r\n"),
                         {"Nats-Service-Error-Code": "400", "A:b": "c"})


    def test_slices_are_the_same_bytes(self):
        data = bytes(range(10))
        self.assertEqual(gate.slices(data, 4), [data[:4], data[4:8], data[8:]])
        self.assertEqual(gate.slices(data, 0), [data])


class HistoryTest(unittest.TestCase):
    def test_a_command_counts_by_the_best_of_its_answers(self):
        lines = [told("a", "invoke"), told("a", "unknown"), told("a", "invoke"), told("a", "ok"),
                 told("b", "invoke"), told("b", "rejected"), told("c", "invoke"), told("c", "rejected"), told("c", "ok"),
                 told("d", "invoke"), told("d", "unknown"), told("e", "invoke"), '{"cmd":"f","ty']
        self.assertEqual(history.counts(lines), {"ok": 2, "rejected": 1, "unknown": 2, "unsettled": 2, "retried": 2})

    def test_reads_of_views_are_no_commands(self):
        read = json.dumps({"t": 1, "p": "reader-0", "type": "read", "view": "ordering/orders", "position": 14}) + "\n"
        self.assertEqual(history.counts([read, told("a", "invoke"), told("a", "ok")])["ok"], 1)

    def test_what_is_answered_too_late_was_unknown_and_is_settled(self):
        lines = [told("late", "invoke"), told("late", "unknown", 2), told("late", "ok", 11), told("soon", "invoke"), told("soon", "ok", 9)]
        self.assertEqual(history.counts(lines), {"ok": 2, "rejected": 0, "unknown": 1, "unsettled": 0, "retried": 1})

    def test_throughput_compares_whole_seconds_and_counts_idle_ones(self):
        per_second = [10, 20, 20, 20, 10, 0, 20]  # from second 100
        self.assertEqual(history.throughput_ratio(per_second, 100 * 10**9, (101, 104), (104, 107)), 0.5)
        self.assertEqual(history.throughput_ratio(per_second, 100 * 10**9, (101, 104), (106, 110)), round(20 / 4 / 20, 3))
        self.assertIsNone(history.throughput_ratio([], 0, (0, 1), (1, 2)))


if __name__ == "__main__":
    unittest.main()
