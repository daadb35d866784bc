"""A TCP relay between one node and its servers that can be slow, cut messages into slices, or go deaf without a word."""

import asyncio
import dataclasses
import pathlib
import threading

from cluster_kit.ports import free_ports

from . import links

CHUNK = 1 << 16


@dataclasses.dataclass
class Mode:
    """How bytes pass; the default is untouched. `slice_bytes` 0: as they come. Deaf: what arrives is never passed on or answered."""

    delay_s: float = 0.0
    slice_bytes: int = 0
    deaf: bool = False

    @property
    def untouched(self) -> bool:
        return not (self.delay_s or self.slice_bytes or self.deaf)


def slices(data: bytes, size: int) -> list[bytes]:
    return [data[begin:begin + size] for begin in range(0, len(data), size)] if size else [data]


class Gate:
    """Of one node. Its relays run on a thread of their own until close()."""

    def __init__(self):
        self.mode = Mode()
        self.touched = 0  # bytes that passed, or did not, in another way than untouched
        self._tasks: set[asyncio.Task] = set()
        self._deaf: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def relay(self, host: str, port: int, to_port: int) -> None:
        """Listens at host and port, and passes on to to_port."""
        async def accept(reader, writer):
            await self._serve(reader, writer, to_port)
        asyncio.run_coroutine_threadsafe(asyncio.start_server(accept, host, port), self._loop).result(5)

    def set(self, mode: Mode) -> None:
        """From now on. When it ceases to be deaf, the connections of that time are closed."""
        self.touched = 0
        self.mode = mode
        if not mode.deaf:
            self._loop.call_soon_threadsafe(self._close_deaf)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _serve(self, reader, writer, to_port: int) -> None:
        if self.mode.deaf:
            self.touched += 1
            self._deaf.append(writer)
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", to_port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))

    async def _pump(self, reader, writer) -> None:
        try:
            while data := await reader.read(CHUNK):
                mode = self.mode
                if not mode.untouched:
                    self.touched += len(data)
                if mode.deaf:
                    self._deaf.append(writer)
                    return  # and nobody is told
                if mode.delay_s:
                    await asyncio.sleep(mode.delay_s)
                for part in slices(data, mode.slice_bytes):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
        except OSError:
            pass
        writer.transport.abort()

    def _close_deaf(self) -> None:
        for writer in self._deaf:
            writer.transport.abort()
        self._deaf.clear()


def put_before_nodes(system):
    """Before the cluster starts: every node reaches its servers through a gate of its own. Returns what undoes it."""
    system.gates = {}
    for node in system.cluster.of_kind("nodes"):
        gate = system.gates[node.name] = Gate()
        host = links.address_of(system.number_of(node.name))
        config = pathlib.Path(node.addresses["config"])
        text = config.read_text()
        for port in [*links.ports_of(system.cluster, "nats"), *links.ports_of(system.cluster, "redis")]:
            own = free_ports(1, host)[0]
            gate.relay(host, own, port)
            text = text.replace(f"{host}:{port}", f"{host}:{own}")
        config.write_text(text)
    return lambda: [gate.close() for gate in system.gates.values()]
