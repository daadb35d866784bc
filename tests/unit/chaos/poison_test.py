"""Poison is a well-formed commit that the log takes as the first of its instance."""

import unittest

from chaos_kit import nats_api, protobuf
from chaos_kit.faults import poison

FILES = ("troupe/v1/commit.proto", "ordering/v1/events.proto")


class PoisonTest(unittest.TestCase):
    def test_every_poisoned_commit_is_an_instances_first(self):
        for article, quantity in poison.BAD_LINES:
            with self.subTest((article, quantity)):
                body = poison.poisoned_commit("poison-1", article, quantity, 1_000)
                text = protobuf.decode("troupe.v1.Commit", body, *FILES)
                self.assertIn('id: "poison-1"\nfirst_version: 1\n', text)
                self.assertIn('type_url: "type.googleapis.com/ordering.v1.OrderPlaced"', text)
                self.assertNotIn("previous_hash", text)

    def test_its_payment_can_be_opened(self):
        self.assertTrue(all(2 + quantity > 0 for _, quantity in poison.BAD_LINES))

    def test_what_is_no_message_is_one_sentence(self):
        with self.assertRaises(OSError) as raised:
            protobuf.encode("troupe.v1.Commit", "colour: 1", *FILES)
        self.assertTrue(str(raised.exception).startswith("protoc: "))

    def test_a_publication_counts_its_headers(self):
        self.assertEqual(nats_api.publication("a.b", b"xy"), b"PUB a.b _INBOX.chaos 2\r\nxy\r\n")
        self.assertEqual(nats_api.publication("a.b", b"xy", {"K": "0"}),
                         b"HPUB a.b _INBOX.chaos 18 20\r\nNATS/1.0\r\nK: 0\r\n\r\nxy\r\n")


if __name__ == "__main__":
    unittest.main()
