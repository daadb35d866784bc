// Emmett: decide and evolve in JavaScript, events in PostgreSQL.
import { load, postgres, postgresDurability } from "./installed.mjs";

export async function open() {
  const server = await postgres();
  const { default: pg } = await load("pg");
  const { CommandHandler } = await load("@event-driven-io/emmett");
  const { getPostgreSQLEventStore } = await load("@event-driven-io/emmett-postgresql");
  const client = new pg.Pool({ connectionString: server.url("postgres"), max: 2 });
  client.on("error", () => {}); // idle connections, when the server ends
  const store = getPostgreSQLEventStore(server.url("postgres"));
  await store.schema.migrate();
  const handle = CommandHandler({
    evolve: (state) => ({ recorded: state.recorded + 1 }),
    initialState: () => ({ recorded: 0 }),
  });
  return {
    name: "Emmett",
    version: "0.42.0 on PostgreSQL 15",
    durability: await postgresDurability(client),
    append: (instance, version, payload) =>
      handle(store, `item-${instance}`, (state) => {
        if (state.recorded !== version) throw new Error(`item-${instance} is at ${state.recorded}`);
        return { type: "Recorded", data: { payload } };
      }),
    problem: async (versions, acknowledged) => {
      const { rows } = await client.query(
        "SELECT stream_id, count(*)::int AS events, max(stream_position)::int AS last FROM emt_messages GROUP BY 1");
      const stored = rows.reduce((sum, row) => sum + row.events, 0);
      if (stored !== acknowledged) return `${stored} events are stored, ${acknowledged} were acknowledged`;
      const gap = rows.find((row) => row.last !== row.events
        || row.events !== versions[Number(row.stream_id.split("-")[1])]);
      return gap ? `${gap.stream_id} has ${gap.events} events and ends at ${gap.last}` : "";
    },
    close: async () => {
      // The store's own pool lets idle connections outlive close() and has nobody for their errors.
      const serverEnds = "57P01";
      process.on("uncaughtException", (error) => {
        if (error.code !== serverEnds) throw error;
      });
      await store.close();
      await client.end();
      await server.close();
    },
  };
}
