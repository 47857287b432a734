"""A real HTTP/2 server over TLS on 127.0.0.1 that records what arrives and answers as it is told.

Written on the h2 library's server side; the client that it meets is httpcore's. Stands in for APNs, FCM and the
endpoint that hands out Google's tokens.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from tests.e2e.receivers import PATIENCE, ReceivedRequest, _Receiver

# A client reads for all of its requests at once, and hands round what it read in turns: so many, and each has had its own.
_TURNS = 10


class Http2Exchange:
    """One request being answered, on one stream of a connection that others share."""

    def __init__(self, line: "_Line", stream: int, request: ReceivedRequest) -> None:
        self.request = request
        self.ended = line.receiver._ended
        self._line = line
        self._stream = stream

    async def answer(self, status: int, *headers: str, body: bytes = b"", end: bool = True) -> None:
        pairs = [tuple(part.strip() for part in header.split(":", 1)) for header in headers]
        lines: Any = [(":status", str(status)), *((name.lower(), value) for name, value in pairs)]
        self._line.http.send_headers(self._stream, lines, end_stream=end and not body)
        if body:
            self._line.http.send_data(self._stream, body, end_stream=end)
        await self._line.flush()

    async def hang(self) -> None:
        await self.ended.wait()

    def cut(self) -> None:
        self._line.writer.transport.abort()

    async def cut_when_all_is_heard(self) -> None:
        """Cut the connection once the client has read what was answered on it; what comes meanwhile is not looked at.

        So that a cut takes no answer along which was given to another request before.
        """
        self._line.deaf = True
        for _ in range(_TURNS):
            await self._line.ping()
        self.cut()

    async def go_away(self) -> None:
        """Say that the connection ends, as a service does before it is restarted, without answering."""
        self._line.http.close_connection()
        await self._line.flush()
        self._line.writer.close()

    async def pour(self) -> None:
        """Begin to answer and never end."""
        await self.answer(200, end=False)
        with contextlib.suppress(ConnectionError, h2.exceptions.H2Error):
            while not self.ended.is_set():
                if room := min(self._line.http.local_flow_control_window(self._stream), 16_384):
                    self._line.http.send_data(self._stream, b"x" * room)
                await self._line.flush()
                await asyncio.sleep(0)


Script = Callable[[Any], Awaitable[None]]


def answers(status: int, *headers: str, body: bytes = b"") -> Script:
    """Answer every request with `status`, header lines and `body`; fits the receiver of HTTP/1.1 as well."""

    async def script(exchange: Any) -> None:
        await exchange.answer(status, *headers, body=body)

    return script


class Http2Receiver(_Receiver):
    """Answers 200 or by `script`; `connections` counts those that were opened, `most_at_once` requests on all.

    `at_once`: how many requests a connection may have open, as its settings say.
    """

    def __init__(self, tls: ssl.SSLContext, script: Script | None = None, *, at_once: int = 100) -> None:
        super().__init__()
        self.at_once = at_once
        self.script = script or answers(200)
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.open_requests = 0
        self.most_at_once = 0
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def wait_for(self, count: int) -> list[ReceivedRequest]:
        await self._wait(lambda: len(self.requests) >= count, PATIENCE)
        return self.requests

    async def wait_for_open(self, count: int) -> None:
        """Wait until so many requests are being answered at once."""
        await self._wait(lambda: self.open_requests >= count, PATIENCE)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = _Line(self, writer)
        reading = asyncio.create_task(line.read(reader))
        ended = asyncio.create_task(self._ended.wait())
        await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
        for each in (reading, ended):
            each.cancel()
        await asyncio.gather(reading, ended, *line.answering, return_exceptions=True)
        writer.transport.abort()

    async def _answer(self, exchange: Http2Exchange) -> None:
        if exchange._line.deaf:
            return
        self.requests.append(exchange.request)
        self.open_requests += 1
        self.most_at_once = max(self.most_at_once, self.open_requests)
        await self._note()
        try:
            await self.script(exchange)
        except (ConnectionError, h2.exceptions.H2Error):
            pass  # the client left; what it sent before is recorded
        finally:
            self.open_requests -= 1


class _Line:
    def __init__(self, receiver: Http2Receiver, writer: asyncio.StreamWriter) -> None:
        self.receiver = receiver
        self.writer = writer
        self.answering: set[asyncio.Task[None]] = set()
        self.deaf = False  # it is about to be cut
        self._ponged = asyncio.Event()
        self._ended = False
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.http.local_settings = h2.settings.Settings(
            client=False,
            initial_values={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: receiver.at_once},
        )
        self._heads: dict[int, dict[str, str]] = {}
        self._bodies: dict[int, bytes] = {}

    async def flush(self) -> None:
        self.writer.write(self.http.data_to_send())
        await self.writer.drain()

    async def read(self, reader: asyncio.StreamReader) -> None:
        self.http.initiate_connection()
        try:
            with contextlib.suppress(ConnectionError, h2.exceptions.H2Error):
                await self.flush()
                while data := await reader.read(65_536):
                    for event in self.http.receive_data(data):
                        self._hear(event)
                    await self.flush()
        finally:
            self._ended = True
            self._ponged.set()

    async def ping(self) -> None:
        """Wait until the client has read all that was sent, or is gone."""
        if self._ended:
            return
        self._ponged.clear()
        self.http.ping(b"all read")
        await self.flush()
        await self._ponged.wait()

    def _hear(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self._heads[event.stream_id] = {name.decode(): value.decode() for name, value in event.headers}
            self._bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            self._bodies[event.stream_id] += event.data
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.PingAckReceived):
            self._ponged.set()
        elif isinstance(event, h2.events.StreamEnded):
            head = self._heads.pop(event.stream_id)
            request = ReceivedRequest(head[":method"], head[":path"], head, self._bodies.pop(event.stream_id))
            exchange = Http2Exchange(self, event.stream_id, request)
            self.answering.add(asyncio.create_task(self.receiver._answer(exchange)))
