"""A line between a browser and the product that a test can cut: what a browser calls offline spares open streams."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """Passes on every byte until it is cut; then all that was open hangs up, and nobody gets through."""

    def __init__(self, port: int) -> None:
        self.upstream = port
        self.is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        self.is_cut = True
        self._loop.call_soon_threadsafe(self._hang_up)

    def mend(self) -> None:
        self.is_cut = False

    def _hang_up(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self.is_cut = True
        self._hang_up()
        if self._server is not None:
            self._server.close()
        if others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=3)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to a port of this machine, in a thread of its own."""
    line = Line(port)
    thread = threading.Thread(target=line._loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(line._start(), line._loop).result(5)
    try:
        yield line
    finally:
        asyncio.run_coroutine_threadsafe(line._stop(), line._loop).result(5)
        line._loop.call_soon_threadsafe(line._loop.stop)
        thread.join(5)
