// The same command to each peer: append one event to one of many instances at an expected version,
// from a closed loop, with fsync before the answer; afterwards the store is read and compared.
import { parseArgs } from "node:util";
import { performance } from "node:perf_hooks";

const peers = {
  "message-db": () => import("./message_db.mjs").then((m) => m.open(1)),
  "message-db-16": () => import("./message_db.mjs").then((m) => m.open(16)),
  emmett: () => import("./emmett.mjs").then((m) => m.open()),
  restate: () => import("./restate.mjs").then((m) => m.open()),
};

const { values: options } = parseArgs({
  options: {
    peer: { type: "string", multiple: true, default: Object.keys(peers) },
    outstanding: { type: "string", multiple: true, default: ["1", "64"] },
    instances: { type: "string", default: "10000" },
    payload: { type: "string", default: "128" },
    seconds: { type: "string", default: "10" },
    "warm-up": { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: tools/peers/run [--peer NAME]... [--outstanding W]... [--instances M]
         [--payload BYTES] [--seconds S] [--warm-up S]
Peers: ${Object.keys(peers).join(", ")}
Prints one line of JSON for each peer and each number of outstanding commands.
Examples: tools/peers/run
          tools/peers/run --peer message-db --outstanding 64 --seconds 5`);
  process.exit(0);
}

/** One command at a time to each instance, so that its version is known; `outstanding` in all. */
async function measure(peer, outstanding) {
  const instances = Number(options.instances);
  const versions = new Array(instances).fill(0);
  const busy = new Set();
  const payload = "x".repeat(Number(options.payload));
  const latencies = [];
  let acknowledged = 0;
  const began = performance.now();
  const measuredFrom = began + Number(options["warm-up"]) * 1000;
  const ends = measuredFrom + Number(options.seconds) * 1000;

  async function client() {
    while (performance.now() < ends) {
      let instance;
      do instance = Math.floor(Math.random() * instances);
      while (busy.has(instance));
      busy.add(instance);
      const sent = performance.now();
      await peer.append(instance, versions[instance], payload);
      const now = performance.now();
      ++versions[instance];
      ++acknowledged;
      busy.delete(instance);
      if (sent >= measuredFrom && now < ends) latencies.push(now - sent);
    }
  }
  await Promise.all(Array.from({ length: outstanding }, client));

  latencies.sort((a, b) => a - b);
  const us = (share) =>
    Math.round(1000 * (latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0));
  const problem = await peer.problem(versions, acknowledged);
  return {
    peer: peer.name,
    version: peer.version,
    durability: peer.durability,
    outstanding,
    instances,
    payload: payload.length,
    rate_per_s: latencies.length / Number(options.seconds),
    p50_us: us(0.5),
    p99_us: us(0.99),
    p999_us: us(0.999),
    acknowledged,
    verified: problem === "",
    ...(problem === "" ? {} : { problem }),
  };
}

let failed = false;
for (const name of options.peer) {
  if (!(name in peers)) {
    console.error(`peers: there is no ${name}; there are ${Object.keys(peers).join(", ")}`);
    process.exit(2);
  }
  for (const outstanding of options.outstanding) {
    const peer = await peers[name]();
    const stop = async () => {
      await peer.close();
      process.exit(130);
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    try {
      const result = await measure(peer, Number(outstanding));
      failed ||= !result.verified;
      console.log(JSON.stringify(result));
    } finally {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      await peer.close();
    }
  }
}
process.exit(failed ? 1 : 0);
