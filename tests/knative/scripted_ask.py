"""An ask behind nginx whose every byte is set, on a real socket."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ScriptedAsk(ThreadingHTTPServer):
    """Remembers what it is asked; streams its second event only when told that the first has arrived."""

    daemon_threads = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.first_was_read = threading.Event()
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Answer(BaseHTTPRequestHandler):
    """By path: /stream-… two events, /own-policy and /busy with headers of their own, anything else "ok"."""

    protocol_version = "HTTP/1.1"
    server: ScriptedAsk

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        asked = f"{self.command} {self.path} {self.request_version}"
        self.server.seen.append((asked, {k.lower(): v for k, v in self.headers.items()}))
        if self.path.startswith("/stream"):
            self.stream(chunked=self.path == "/stream-in-chunks")
        elif self.path == "/own-policy":
            self.answer(200, {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "no-store"})
        elif self.path == "/busy":
            self.answer(503, {"Retry-After": "7"})
        else:
            self.answer(200, {})

    do_POST = do_GET  # noqa: N815

    def answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": "2", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"ok")

    def stream(self, chunked: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Connection", "close")))
        self.end_headers()
        self.send(chunked, b"event: token\ndata: first\n\n")
        arrived = self.server.first_was_read.wait(5)
        self.send(chunked, b"event: token\ndata: second\n\n" if arrived else b"event: error\ndata: held back\n\n")
        self.send(chunked, b"")

    def send(self, chunked: bool, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Stay silent."""
