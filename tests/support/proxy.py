"""The proxy of an office: nginx with ``deploy/nginx.conf``, on free ports, and how a client asks it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import urllib3

from sdg_pipeline.settings import PROJECT

NGINX = Path("/usr/sbin/nginx")
DESK, VIEWER = "desk.example.org", "viewer.example.org"
PASSWORD = "of a person"
MAIN = """{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/passed;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/sdg.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx; its folder is the ``/etc/sdg`` of the office."""

    folder: Path
    port: int

    def hosts(self) -> str:
        """What ``SDG_UI_HOSTS`` names."""
        return f"{DESK}:{self.port},{VIEWER}:{self.port}"

    def url(self, host: str = DESK) -> str:
        return f"https://{host}:{self.port}"

    @cached_property
    def _pools(self) -> Mapping[str, urllib3.HTTPSConnectionPool]:
        return {
            host: urllib3.HTTPSConnectionPool(
                "127.0.0.1", self.port, maxsize=4, ca_certs=str(self.folder / "proxy.pem"),
                server_hostname=host, assert_hostname=host, retries=False, timeout=120,
            )
            for host in (DESK, VIEWER)
        }  # fmt: skip

    def ask(
        self, path: str, account: str = "", host: str = DESK, body: object = None, **headers: str
    ) -> urllib3.BaseHTTPResponse:
        """GET, or POST with a body as JSON, by somebody who logs in."""
        sent = {"Host": f"{host}:{self.port}", **{name.replace("_", "-"): text for name, text in headers.items()}}
        if account:
            sent |= urllib3.make_headers(basic_auth=f"{account}:{PASSWORD}")
        return self._pools[host].request("GET" if body is None else "POST", path, json=body, headers=sent)


@contextmanager
def proxy(folder: Path, ports: Mapping[int, int], key: str, users: Mapping[str, tuple[str, ...]]) -> Iterator[Proxy]:
    """An nginx before an office whose ports are others than in ``deploy/``; ``users`` of each desk."""
    for name, accounts in users.items():
        (folder / f"{name}.users").write_text("".join(f"{who}:{{PLAIN}}{PASSWORD}\n" for who in accounts))
    (folder / "proxy_key.conf").write_text(f'proxy_set_header X-SDG-Proxy-Key "{key}";\n')
    _certificate(folder)
    text = (PROJECT / "deploy" / "nginx.conf").read_text(encoding="utf-8").replace("/etc/sdg/", f"{folder}/")
    text, listening = re.subn(r"listen 443 ", f"listen 127.0.0.1:{ports[443]} ", text)
    text, passing = re.subn(r"\b(300[01]);", lambda port: f"{ports[int(port[1])]};", text)
    assert (listening, passing) == (2, 2)
    (folder / "sdg.conf").write_text(text)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else ""))
    process = subprocess.Popen([NGINX, "-p", folder, "-c", main], stdin=subprocess.DEVNULL)
    try:
        yield Proxy(folder, ports[443])
    finally:
        process.terminate()
        process.wait(60)


def _certificate(folder: Path) -> None:
    """A key and a certificate by itself for the names of the office."""
    names = f"subjectAltName=DNS:{DESK},DNS:{VIEWER}"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", f"/CN={DESK}", "-addext", names, "-days", "2"]
    command += ["-keyout", str(folder / "proxy.key"), "-out", str(folder / "proxy.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
