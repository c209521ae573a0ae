"""nginx as the site's image has it: the shipped configuration, its template filled in, on free loopback ports."""

import re
import shutil
import socket
import struct
import threading
from pathlib import Path
from string import Template

import httpx

from tests.conftest import needs
from tests.processes import ROOT, Process, free_port

ASK = "ask.portfolio.svc.cluster.local"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin")
# What the nginx image has around conf.d/default.conf, with every path in the test's own folder.
AROUND = Template("""
daemon off;
pid $folder/nginx.pid;
error_log $folder/error.log info;
events { }
http {
    types { text/html html; text/css css; text/javascript js; image/svg+xml svg; application/json json; }
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    include $folder/default.conf;
}
""")


class NameServer:
    """Answers 127.0.0.1 for `name` once it is known, "no such name" for the rest."""

    def __init__(self, name: str) -> None:
        self.known = True
        self._name = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                query, sender = self._socket.recvfrom(512)
            except OSError:
                return
            end = query.index(b"\0", 12) + 1
            question, kind = query[12 : end + 4], struct.unpack("!H", query[end : end + 2])[0]
            ours = self.known and query[12:end] == self._name
            address = question + struct.pack("!IH", 1, 4) + bytes([127, 0, 0, 1]) if ours and kind == 1 else b""
            flags = 0x8180 if ours else 0x8183
            header = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if address else 0, 0, 0)
            self._socket.sendto(header + question + address, sender)

    def close(self) -> None:
        self._socket.close()


class Site:
    """nginx with the shipped configuration, its template filled in as the image does it."""

    def __init__(self, folder: Path, ask_port: int, names: NameServer) -> None:
        needs(NGINX, "nginx is not installed")
        assert NGINX
        port = free_port()
        text = (ROOT / "knative/site/nginx.conf").read_text()
        values = {"ASK_HOST": ASK, "ASK_PORT": str(ask_port), "NGINX_LOCAL_RESOLVERS": f"127.0.0.1:{names.port}"}
        text = re.sub(r"\$\{([A-Z_]+)\}", lambda use: values[use[1]], text)
        text = replaced(text, "listen 8080;", f"listen 127.0.0.1:{port};")
        text = replaced(text, "root /usr/share/nginx/html;", f"root {ROOT / 'site'};")
        text = replaced(text, "access_log /dev/stdout", f"access_log {folder}/access.log")
        (folder / "default.conf").write_text(text)
        (folder / "nginx.conf").write_text(AROUND.substitute(folder=folder))
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        self.process = Process(self.command, folder / "nginx.log")
        self.process.wait_for(lambda: httpx.get(f"{self.url}/livez").is_success, "nginx answering")


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
