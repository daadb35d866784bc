"""What nobody can carry out: commands that must be refused with a definite answer, and events that a reaction must park. Neither
may harm anybody else."""

import base64
import time

from cluster_kit.waiting import eventually

from ..nats_api import NatsError, exchange, request
from ..protobuf import decode, encode
from .base import Fault, NoEffect

REFUSED = ("400", "413", "422", "500")
BODIES = (b"\xff\xff\xff\xff\xff\x0f", b"{", b'{"reference":', b"[" * 2_000, b'{"reference":"\xff","quantity":1}', b'{"quantity":1e99}',
          b'{"quantity":"NaN"}', b'{"no_such_field":1}', b"\x0a\xff\x01")


class PoisonCommand(Fault):
    """Bodies that are no command, to instances that others use."""

    kind = "poison-command"

    def choose(self) -> str:
        return f"cmd.inventory.stock.probe-{self.dice.randrange(64)}.ReceiveStock"

    def strike(self) -> None:
        self.answers = []
        for body in BODIES:
            try:
                headers, _ = exchange(self.system.nats_urls, self.target, body)
                self.answers.append(headers.get("Nats-Service-Error-Code", "accepted"))
            except NatsError as error:
                self.answers.append(str(error))

    def observe(self) -> str:
        if wrong := [answer for answer in self.answers if answer not in REFUSED]:
            raise NoEffect(f"it was answered {', '.join(wrong)}")
        return f"{len(self.answers)} were refused"


BAD_LINES = (("no article", 1), ("tea.black", 1), ("", 1), ("probe-0", 0), ("probe-0", -1))  # article and quantity
UNIT_PRICE_MINOR = 250
HASH_BYTES = 32
PATIENCE_S = 5  # of the poisoned order; then it is cancelled, and that must be parked behind it

COMMIT = """
context: "ordering" aggregate: "order" id: "{id}" first_version: 1 command_id: "{command_id}" command_type: "PlaceOrder"
command_hash: "{hash}"
correlation_id: "{command_id}" issued_at {{ seconds: {now} }} committed_at {{ seconds: {now} }} node: "nemesis"
events {{
  [type.googleapis.com/ordering.v1.OrderPlaced] {{
    customer_id: "nemesis" currency: "EUR" total_minor: {total_minor} deadline {{ seconds: {deadline} }}
    lines {{ article_id: "probe-0" quantity: 2 unit_price_minor: {price} }}
    lines {{ article_id: "{article}" quantity: {quantity} unit_price_minor: {price} }}
  }}
}}
"""


class PoisonEvent(Fault):
    """An order that no PlaceOrder would have led to stands in the log, as a faulty program would write it: no reservation takes its
    lines. Its payment, its customer and its deadline are as with any other order."""

    kind = "poison-event"
    CONSUMER = "inventory-from-ordering"
    PARKED_WITHIN = 20.0
    BETWEEN_LOOKS = 0.05

    def choose(self) -> str:
        self.id = f"poison-{self.dice.randrange(10**9)}"
        self.line = self.dice.choice(BAD_LINES)
        return f"evt.ordering.order.{self.id}"

    def strike(self) -> None:
        self.note("poison", self.target)  # before it is there, so that the check knows of it in any case
        answer = request(self.system.nats_urls, self.target, poisoned_commit(self.id, *self.line, int(time.time())),
                         {"Nats-Expected-Last-Subject-Sequence": "0"})
        self.sequence = answer.get("seq", 0)
        if not self.sequence:
            raise NoEffect(f"the log did not take it: {answer}")
        self.struck = time.monotonic()
        parked = f"dlq.inventory.{self.CONSUMER}.{self.target}"
        self.cause = self.await_word("parked", lambda: parked_cause(self.system.nats_urls, parked))
        self.took = time.monotonic() - self.struck

    def observe(self) -> str:
        """Parked, and those behind it were handled."""
        self.await_word("passed by later events", self.passed)
        return f"parked after {self.took:.2f} s: {self.cause}"

    def passed(self) -> bool:
        consumer = request(self.system.nats_urls, f"$JS.API.CONSUMER.INFO.EVT_ORDERING.{self.CONSUMER}")
        return consumer.get("ack_floor", {}).get("stream_seq", 0) > self.sequence

    def await_word(self, what: str, look):
        word = eventually(look, self.struck + self.PARKED_WITHIN - time.monotonic(), self.BETWEEN_LOOKS)
        if not word:
            raise NoEffect(f"{self.target}, sequence {self.sequence}, was not {what} within {self.PARKED_WITHIN:.0f} s")
        return word


def poisoned_commit(order: str, article: str, quantity: int, now: int) -> bytes:
    text = COMMIT.format(id=order, command_id=f"{order}-placed", hash="h" * HASH_BYTES, now=now, deadline=now + PATIENCE_S,
                         article=article, quantity=quantity, price=UNIT_PRICE_MINOR, total_minor=UNIT_PRICE_MINOR * (2 + quantity))
    return encode("troupe.v1.Commit", text, "troupe/v1/commit.proto", "ordering/v1/events.proto")


def parked_cause(urls: str, subject: str) -> str:
    """Why the last event on a subject of DLQ_INVENTORY was parked; empty when there is none."""
    found = request(urls, "$JS.API.STREAM.MSG.GET.DLQ_INVENTORY", f'{{"last_by_subj":"{subject}"}}'.encode()).get("message")
    if not found:
        return ""
    event = decode("troupe.v1.ParkedEvent", base64.b64decode(found["data"]), "troupe/v1/records.proto")
    return next((line.partition(" ")[2].strip('"') for line in event.splitlines() if line.startswith("cause:")), "it names none")
