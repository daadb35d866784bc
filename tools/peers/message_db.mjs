// Message DB: an append with an expected version as one function of PostgreSQL.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { installed, load, postgres, postgresDurability } from "./installed.mjs";

const connectionsMax = 64;

/** Writers of one category wait for each other's commit, hence `categories`. */
export async function open(categories) {
  const server = await postgres();
  const { default: pg } = await load("pg");
  execFileSync("./install.sh", {
    cwd: installed("@eventide/message-db/database"),
    env: { ...process.env, PGHOST: "127.0.0.1", PGPORT: String(server.port), PGUSER: "postgres" },
    stdio: "ignore",
  });
  const pool = new pg.Pool({
    connectionString: server.url("message_store"),
    max: connectionsMax,
    options: "-c search_path=message_store,public",
  });
  pool.on("error", () => {}); // idle connections, when the server ends
  const stream = (instance) => `item${instance % categories}-${instance}`;
  return {
    name: `Message DB, ${categories} ${categories === 1 ? "category" : "categories"}`,
    version: "1.3.1 on PostgreSQL 15",
    durability: await postgresDurability(pool),
    append: (instance, version, payload) =>
      pool.query({
        name: "append",
        text: "SELECT write_message($1::varchar, $2::varchar, 'Recorded', $3::jsonb, NULL, $4::bigint)",
        values: [randomUUID(), stream(instance), JSON.stringify({ payload }), version - 1],
      }),
    problem: async (versions, acknowledged) => {
      const { rows } = await pool.query(
        "SELECT stream_name, count(*)::int AS events, max(position)::int AS last FROM messages GROUP BY 1");
      const stored = rows.reduce((sum, row) => sum + row.events, 0);
      if (stored !== acknowledged) return `${stored} events are stored, ${acknowledged} were acknowledged`;
      const gap = rows.find((row) => row.last !== row.events - 1
        || row.events !== versions[Number(row.stream_name.split("-")[1])]);
      return gap ? `${gap.stream_name} has ${gap.events} events and ends at ${gap.last}` : "";
    },
    close: async () => {
      await pool.end();
      await server.close();
    },
  };
}
