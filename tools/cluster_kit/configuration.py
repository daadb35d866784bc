"""What the servers and nodes of a cluster are told: texts of their configuration files."""

import json
import pathlib
import shutil

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
STORE_MAX = "8GB"  # of each server; a disk that is full breaks a stream, this limit does not


def write_nats(folder: pathlib.Path, name: str, ports: dict[str, int], routes: list[int], sync_always: bool, mapping: bool) -> pathlib.Path:
    """`routes`: the cluster ports of all servers, or none for a server that is alone."""
    folder.mkdir()
    included = ["limits.conf"] + (["slots.conf"] if mapping else [])
    for file in included:
        shutil.copy(DEPLOY / "nats" / file, folder)
    lines = [f"server_name: {name}",
             f"listen: 127.0.0.1:{ports['client']}",
             f"http: 127.0.0.1:{ports['monitoring']}",
             "jetstream {",
             f'  store_dir: "{folder / "jetstream"}"',
             f"  max_file_store: {STORE_MAX}",
             *(["  sync_interval: always"] if sync_always else []),
             "}"]
    if routes:
        urls = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        lines += ["cluster {", "  name: troupe", f"  listen: 127.0.0.1:{ports['cluster']}",
                  "  no_advertise: true", f"  routes: [{urls}]", "}"]
    lines += [f"include {file}" for file in included]
    return _write(folder / "nats.conf", lines)


def write_node(file: pathlib.Path, name: str, contexts: list[str], health_port: int, nats: dict, redis_url: str, mail_url: str,
               durability: str, slots: int) -> pathlib.Path:
    """`nats`: url, monitoring, replicas. What is empty or 0 is left to the node's defaults."""
    settings = {"node": {"name": name, "health": f"127.0.0.1:{health_port}"},
                "nats": {"url": nats["url"], "monitoring_url": nats["monitoring"], "replicas": nats["replicas"]},
                "redis": {"url": redis_url},
                "durability": {"mode": durability},
                "notifications": {"smtp_url": mail_url}}
    if contexts:
        settings["node"]["contexts"] = contexts
    if slots:
        settings["cluster"] = {"slots": slots}
    file.write_text(node_toml(settings))
    return file


def node_toml(settings: dict[str, dict]) -> str:
    """Texts, numbers, flags and lists of texts, by table and name, as `--print-config` of a program's node explains them."""
    return "".join(f"[{table}]\n" + "".join(f"{name} = {_value(value)}\n" for name, value in values.items())
                   for table, values in settings.items())


def _value(value) -> str:
    """What is JSON of these is TOML, too."""
    return json.dumps(value, ensure_ascii=False)


def _write(file: pathlib.Path, lines: list[str]) -> pathlib.Path:
    file.write_text("\n".join(lines) + "\n")
    return file
