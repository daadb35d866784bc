// Restate: one virtual object per instance, its events in its state.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, freePort, installed, start, temporaryFolder } from "./installed.mjs";

const here = dirname(fileURLToPath(import.meta.url));

export async function open() {
  const data = temporaryFolder("restate");
  const [port, ingress, admin, service] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const server = start(
    installed("@restatedev/restate-server-linux-x64/bin/restate-server"),
    ["--base-dir", data.path, "--no-logo"],
    {
      env: {
        ...process.env,
        RESTATE_DISABLE_TELEMETRY: "true",
        RESTATE_BIND_IP: "127.0.0.1",
        RESTATE_LISTEN_MODE: "tcp",
        RESTATE_DEFAULT_NUM_PARTITIONS: "4",
        RESTATE_BIND_PORT: String(port),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RUST_LOG: "error",
      },
    });
  const handlers = start("node", [join(here, "restate_service.mjs"), String(service)]);
  const post = async (url, body, headers = {}) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
    return text;
  };
  await eventually(() => post(`http://127.0.0.1:${admin}/deployments`, { uri: `http://127.0.0.1:${service}` }));
  const append = (instance, version, payload) =>
    post(`http://127.0.0.1:${ingress}/restate/call/Item/i${instance}/append`, { expected: version, payload });
  return {
    name: "Restate",
    version: "1.7.12",
    durability: "its default: the log is synced before the answer (not readable from the running server)",
    append,
    problem: async (versions, acknowledged) => {
      const text = await post(
        `http://127.0.0.1:${admin}/query`,
        { query: "SELECT service_key, count(*) AS events FROM state WHERE service_name = 'Item' AND key LIKE 'e%' GROUP BY service_key" },
        { accept: "application/json" });
      const rows = JSON.parse(text).rows;
      const stored = rows.reduce((sum, row) => sum + row.events, 0);
      if (stored !== acknowledged) return `${stored} events are stored, ${acknowledged} were acknowledged`;
      const gap = rows.find((row) => row.events !== versions[Number(row.service_key.slice(1))]);
      return gap ? `${gap.service_key} has ${gap.events} events` : "";
    },
    close: async () => {
      await handlers.close();
      await server.close();
      data.remove();
    },
  };
}
