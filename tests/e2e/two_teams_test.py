"""Three programs of three repositories on one NATS and one Redis: the shop, and two that `troupe new` wrote. Each reacts to
another's events; each is stopped, upgraded and started alone while the others run; nothing is lost."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from cluster_kit import questions
from cluster_kit.cluster import Cluster
from cluster_kit.configuration import node_toml
from cluster_kit.ports import free_ports
from cluster_kit.process import Process
from cluster_kit.waiting import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOP = pathlib.Path(os.environ["TROUPE_BINARY"])
PATIENCE = 60
REACTION = """// Begins an item, or ends it, by what another team's context says.
#pragma once

#include <troupe/reaction.hpp>

#include "contexts/{name}/item.hpp"
{includes}

namespace {name} {{
{reactions}
}}  // namespace {name}
"""
# An item for each order, which ends with the deliveries' item of the same id.
REMINDERS = """
struct OfOrders : troupe::Reaction {
  static constexpr std::string_view name = "of-orders";
  using Aggregate = Item;
  using Events = troupe::MessageSet<ordering::v1::OrderPlaced>;
  static troupe::Asks<Item> on(const troupe::Recorded<ordering::v1::OrderPlaced>& placed) {
    return troupe::ask<Item>(placed.id, troupe::make<v1::OpenItem>(
                                            [&](auto& open) { open.set_owner(std::string(placed.id)); }));
  }
};
struct OfDeliveries : troupe::Reaction {
  static constexpr std::string_view name = "of-deliveries";
  using Aggregate = Item;
  using Events = troupe::MessageSet<deliveries::v1::ItemActivated>;
  static troupe::Asks<Item> on(const troupe::Recorded<deliveries::v1::ItemActivated>& active) {
    return troupe::ask<Item>(active.id, troupe::make<v1::EndItem>([](auto& end) { end.set_reason("delivered"); }));
  }
};
"""
DELIVERIES = """
struct OfReminders : troupe::Reaction {
  static constexpr std::string_view name = "of-reminders";
  using Aggregate = Item;
  using Events = troupe::MessageSet<reminders::v1::ItemActivated>;
  static troupe::Asks<Item> on(const troupe::Recorded<reminders::v1::ItemActivated>& active) {
    return troupe::ask<Item>(active.id, troupe::make<v1::OpenItem>(
                                            [&](auto& open) { open.set_owner(std::string(active.id)); }));
  }
};
"""


def run(*command, cwd: pathlib.Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=500)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def replace(file: pathlib.Path, what: str, by: str) -> None:
    text = file.read_text()
    assert what in text, f"{what} is not in {file}"
    file.write_text(text.replace(what, by))


class Team:
    """A repository, its program and a node of it."""

    def __init__(self, name: str, folder: pathlib.Path, prefix: pathlib.Path):
        self.name = name
        self.project = folder / name
        self.prefix = prefix
        run(SHOP.parent / "troupe", "new", name, cwd=folder)

    def react(self, reactions: str, parts: list[str], published: dict[str, pathlib.Path]) -> None:
        """`published`: the schemas of another team's events, by its context."""
        context = self.project / "contexts" / self.name
        includes = "\n".join(f'#include "{source}/v1/events.pb.h"' for source in published)
        (context / "others.hpp").write_text(REACTION.format(name=self.name, includes=includes, reactions=reactions))
        header = context / f"{self.name}.hpp"
        replace(header, f'#include "contexts/{self.name}/places.hpp"', f'#include "contexts/{self.name}/others.hpp"\n#include "contexts/{self.name}/places.hpp"')
        replace(header, "Approval, Items, GetItem", f"Approval, Items, GetItem, {', '.join(parts)}")
        libraries = ""
        for source, schemas in published.items():
            shutil.copytree(schemas / source, self.project / "from" / source / source)
            more = ""
            if source == "ordering":  # its events speak of money
                shutil.copytree(schemas / "money", self.project / "from" / source / "money")
                more = " money/v1/money.proto"
            libraries += f"troupe_events(NAME {source}_events SCHEMA_ROOT from/{source} SCHEMAS {source}/v1/events.proto{more})\n"
        lists = self.project / "CMakeLists.txt"
        replace(lists, "troupe_context(", libraries + "\ntroupe_context(")
        replace(lists, f"{self.name}/v1/state.proto)", f"{self.name}/v1/state.proto\n  REACTS_TO " + " ".join(f"{s}_events" for s in published) + ")")

    def build(self) -> None:
        run("cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0",
            f"-DCMAKE_PREFIX_PATH={self.prefix}", cwd=self.project)
        run("cmake", "--build", "build", "-j2", "--target", f"{self.name}_program", cwd=self.project)

    def configure(self, nats: str, monitoring: str, redis: str) -> None:
        self.nats, self.redis = nats, redis
        self.health = f"http://127.0.0.1:{free_ports(1)[0]}"
        file = self.project / "node.toml"
        file.write_text(node_toml({"node": {"name": self.name, "health": self.health.removeprefix("http://")},
                                   "nats": {"url": nats, "monitoring_url": monitoring}, "redis": {"url": redis},
                                   "approval": {"stand_in": True}}))
        self.node = Process(self.name, [str(self.project / "build" / self.name), "node", "--config", str(file)], self.project / "node.log")

    def start(self) -> None:
        self.node.start()
        self.node.wait_until(lambda: questions.node(self.health), PATIENCE)

    def program(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.project / "build" / self.name), *arguments], capture_output=True, text=True, timeout=PATIENCE,
                              env={**os.environ, "NATS_URL": self.nats, "REDIS_URL": self.redis})

    def status(self, item: str) -> str:
        asked = self.program("query", f"{self.name}.GetItem", json.dumps({"item": item}))
        return json.loads(asked.stdout).get("status", "") if asked.returncode == 0 else ""


class TwoTeams(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="troupe-teams-")
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        prefix = folder / "installed"
        run("cmake", "--install", SHOP.parent, "--component", "dev", "--prefix", prefix, cwd=ROOT)
        self.reminders, self.deliveries = (Team(name, folder, prefix) for name in ("reminders", "deliveries"))
        self.reminders.react(REMINDERS, ["OfOrders", "OfDeliveries"],
                             {"ordering": ROOT / "schemas", "deliveries": self.deliveries.project / "schemas"})
        self.deliveries.react(DELIVERIES, ["OfReminders"], {"reminders": self.reminders.project / "schemas"})
        for team in (self.reminders, self.deliveries):
            team.build()
        self.cluster = Cluster(folder / "run", nodes=1, nats=1, troupe=SHOP)
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        nats = self.cluster.of_kind("nats")[0].addresses
        for team in (self.reminders, self.deliveries):
            team.configure(nats["url"], nats["monitoring"], self.cluster.of_kind("redis")[0].addresses["url"])
            self.addCleanup(team.node.stop)
        self.placed: list[str] = []

    def place_orders(self, count: int) -> None:
        nats = self.cluster.of_kind("nats")[0].addresses["url"]
        for _ in range(count):
            order = f"o-{len(self.placed) + 1}"
            body = {"customerId": "c-1", "currency": "GBP", "lines": [{"articleId": "mug", "quantity": 1, "unitPriceMinor": "799"}]}
            run(SHOP, "send", f"ordering.order.{order}.PlaceOrder", json.dumps(body), "--nats", nats, "--deadline", "30", cwd=ROOT)
            self.placed.append(order)

    def all_have_ended(self) -> None:
        for order in self.placed:
            self.assertTrue(eventually(lambda: self.reminders.status(order) == "ITEM_STATUS_ENDED", PATIENCE),
                            f"{order}: {self.reminders.status(order)} at reminders, {self.deliveries.status(order)} at deliveries")
            self.assertEqual(self.deliveries.status(order), "ITEM_STATUS_ACTIVE")

    def test_each_is_stopped_upgraded_and_started_alone(self):
        # The source of events that nobody has recorded yet is waited for, and none of its streams is made by others.
        self.reminders.start()
        self.place_orders(2)
        self.deliveries.start()
        self.all_have_ended()

        self.reminders.node.stop()
        self.place_orders(2)
        self.cluster.process("node-1").stop()
        self.reminders.start()
        self.all_have_ended()

        self.deliveries.node.stop()
        replace(self.deliveries.project / "contexts/deliveries/owner.hpp", "places = 2", "places = 3")
        self.deliveries.build()
        self.cluster.restart("node-1")
        self.place_orders(2)
        self.deliveries.start()
        self.all_have_ended()

        for team in (self.reminders, self.deliveries):
            checked = team.program("check", "--settle", "30")
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
