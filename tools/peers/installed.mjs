// What tools/peers/run has installed, and servers that end with the process that uses them.
import { spawn, execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../build/peers");
const require = createRequire(join(folder, "package.json"));

export const load = (name) => import(pathToFileURL(require.resolve(name)).href);
export const installed = (path) => join(folder, "node_modules", path);

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Tries until it succeeds, at most so long. */
export async function eventually(attempt, milliseconds = 20_000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export function temporaryFolder(name) {
  const path = mkdtempSync(join(tmpdir(), `troupe-peers-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A process whose end is awaited by close(); it ends with this one in any case. */
export function start(program, args, settings = {}) {
  const child = spawn(program, args, { stdio: "ignore", ...settings });
  const end = () => child.kill();
  process.once("exit", end);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return {
    close: async (signal = "SIGTERM") => {
      child.kill(signal);
      await ended;
      process.off("exit", end);
    },
  };
}

/** PostgreSQL 15 with its own defaults: fsync, and synchronous commit. */
export async function postgres() {
  const bin = "/usr/lib/postgresql/15/bin/";
  const data = temporaryFolder("postgres");
  const port = await freePort();
  const asRoot = process.getuid() === 0;
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"]).toString());
  const user = asRoot ? { uid: id("-u"), gid: id("-g") } : {}; // it refuses to run as root
  if (asRoot) chownSync(data.path, user.uid, user.gid);
  const settings = { ...user, cwd: data.path };
  execFileSync(bin + "initdb", ["-D", data.path, "-A", "trust", "-U", "postgres"], settings);
  const server = start(
    bin + "postgres",
    ["-D", data.path, "-p", String(port), "-c", "listen_addresses=127.0.0.1", "-c",
      `unix_socket_directories=${data.path}`, "-c", "max_connections=200", "-c", "log_min_messages=fatal"],
    settings);
  await eventually(async () => {
    execFileSync(bin + "pg_isready", ["-q", "-h", "127.0.0.1", "-p", String(port)]);
  });
  return {
    port,
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    close: async () => {
      await server.close("SIGINT"); // a fast shutdown
      data.remove();
    },
  };
}

/** What the running server says of itself. */
export async function postgresDurability(client) {
  const show = async (name) => (await client.query(`SHOW ${name}`)).rows[0][name];
  return `fsync=${await show("fsync")} synchronous_commit=${await show("synchronous_commit")}`;
}
