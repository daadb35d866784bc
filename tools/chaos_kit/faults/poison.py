"""Commands that nobody can carry out: they must be refused with a definite answer and harm nobody else."""

from ..nats_api import NatsError, exchange
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
