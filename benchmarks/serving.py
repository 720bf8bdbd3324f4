"""What serving costs: answers of SDMX REST, files beside nginx, 500 clients of which half are slow.

    SDG_HOME=HOME python benchmarks/serving.py sdmx
    SDG_HOME=HOME python benchmarks/serving.py nginx      needs nginx and wrk (apt-get install nginx wrk)
    SDG_HOME=HOME python benchmarks/serving.py crowd

HOME is one after a national run. The server runs in a process of its own, as ``sdg serve`` does.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sdg_pipeline.layout import Layout
from sdg_pipeline.serve.sdmx_query import KEY
from sdg_pipeline.settings import Settings

FILES = {"6 MB Parquet": "observations.parquet", "README, 180 KB": "README.md", "small file": "CITATION.cff"}
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 2048; }}
http {{ access_log off; sendfile on; types {{ }} default_type application/octet-stream;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder}; server {{ listen 127.0.0.1:{port}; root {root}; }} }}
"""
FORMS = ("csv", "ml", "json")
CROWD = 500


@contextmanager
def serving(layout: Layout) -> Iterator[tuple[str, int]]:
    """The address and the process of ``sdg serve``."""
    command = [sys.executable, "-m", "sdg_pipeline", "serve", "--port", "0"]
    environment = {**os.environ, "SDG_HOME": str(layout.home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None, "it is a pipe"
        address = re.match(r"http://\S+:\d+", process.stdout.readline())
        assert address is not None, "the server names its address"
        time.sleep(4)  # it loads libraries
        yield address[0], process.pid
        process.terminate()


def seconds(address: str, headers: dict[str, str] | None = None) -> tuple[float, int]:
    """How long an answer takes, and its bytes."""
    begin = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers or {}), timeout=60) as reply:
        size = len(reply.read())
    return time.perf_counter() - begin, size


def sdmx(layout: Layout) -> None:
    """Every indicator and a hundred municipalities, in each form."""
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        series = con.execute(
            "SELECT series, count(*) FROM observation GROUP BY series ORDER BY count(*) DESC, series"
        ).fetchall()
        areas = con.execute(
            "SELECT ref_area FROM observation WHERE geo_level = 'municipality' GROUP BY ref_area "
            "ORDER BY hash(ref_area) LIMIT 100"
        ).fetchall()
    questions = {"indicator": [("SERIES", s) for s, _ in series], "municipality": [("REF_AREA", a) for (a,) in areas]}
    with serving(layout) as (address, _):
        for name, asked in questions.items():
            for form in FORMS:
                for headers in ({}, {"Accept-Encoding": "gzip"}):
                    taken = sorted(
                        (*seconds(f"{address}/sdmx/data/DF_SDG_MX/{key(d, code)}?format={form}", headers), code)
                        for d, code in asked
                    )
                    slow, size, code = taken[-1]
                    middle, most = taken[len(taken) // 2][0], taken[int(len(taken) * 0.99)][0]
                    packed = "gzip" if headers else "    "
                    print(f"{name:12} {form:4} {packed} median {middle:.3f} s, 99 % {most:.3f} s, "
                          f"slowest {slow:.3f} s ({code}, {size / 1e6:.1f} MB)", flush=True)  # fmt: skip


def key(dimension: str, code: str) -> str:
    return ".".join(code if name == dimension else "" for name in KEY)


def nginx(layout: Layout) -> None:
    """Requests a second, and a second of processor time, of the same files: nginx with one worker, and us."""
    with tempfile.TemporaryDirectory() as folder, serving(layout) as (ours, process):
        configuration = Path(folder) / "nginx.conf"
        root = layout.latest.resolve()
        configuration.write_text(NGINX.format(folder=folder, port=8499, root=root), encoding="utf-8")
        with subprocess.Popen(["nginx", "-c", str(configuration)]) as master:
            time.sleep(1)
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text(encoding="utf-8").split()
            servers = {"nginx": ("http://127.0.0.1:8499", int(children[0])), "sdg serve": (f"{ours}/latest", process)}
            for name, file in FILES.items():
                for server, (base, worker) in servers.items():
                    wall, processor = rate(f"{base}/{file}", worker)
                    print(f"{name:16} {server:10} {wall:8.0f}/s, {processor:8.0f}/processor s", flush=True)
            master.terminate()


def rate(address: str, process: int) -> tuple[float, float]:
    """Requests a second of 32 clients, by wrk, and a second of the server's processor time."""
    before = processor_seconds(process)
    done = subprocess.run(["wrk", "-t1", "-c32", "-d5s", address], capture_output=True, text=True, check=True)
    used = processor_seconds(process) - before
    match = re.search(r"(\d+) requests in.*Requests/sec:\s+([\d.]+)", done.stdout, re.DOTALL)
    assert match is not None and "Non-2xx" not in done.stdout, done.stdout
    return float(match[2]), int(match[1]) / used


def processor_seconds(process: int) -> float:
    """Processor time of a process, in user and system mode."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def crowd(layout: Layout) -> None:
    """The times of 250 quick clients, alone and while 250 others read 8 KB a second; and the memory of the server."""
    with serving(layout) as (address, process):
        host, port = address.removeprefix("http://").split(":")
        before = memory(process)
        for crawlers in (0, CROWD // 2):
            times, slow = asyncio.run(_crowd(host, int(port), crawlers))
            print(f"{len(times)} quick clients: median {times[len(times) // 2]:.3f} s, slowest {times[-1]:.3f} s; "
              f"{slow} slow ones still reading; memory {before:.0f} MB before, {memory(process):.0f} MB at the end, "
              f"{memory(process, 'VmHWM'):.0f} MB at most")  # fmt: skip


async def _crowd(host: str, port: int, crawlers: int) -> tuple[list[float], int]:
    reading: set[int] = set()

    async def slow(number: int) -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=8192)
        writer.write(b"GET /latest/observations.parquet HTTP/1.1\r\nHost: x\r\n\r\n")
        reading.add(number)
        while await reader.read(2048):
            await asyncio.sleep(0.25)
        reading.discard(number)

    async def quick() -> list[float]:
        times = []
        for path in ("/latest/README.md", "/", "/latest/models.parquet"):
            begin = time.perf_counter()
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            head = await reader.readline()
            assert b" 200 " in head, head
            while await reader.read(1 << 20):
                continue
            writer.close()
            times.append(time.perf_counter() - begin)
        return times

    crawling = [asyncio.create_task(slow(n)) for n in range(crawlers)]
    await asyncio.sleep(5)
    times = await asyncio.gather(*(quick() for _ in range(CROWD // 2)))
    still = len(reading)
    for task in crawling:
        task.cancel()
    await asyncio.gather(*crawling, return_exceptions=True)
    return sorted(t for of_one in times for t in of_one), still


def memory(process: int, figure: str = "VmRSS") -> float:
    """MB of a process."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(re.search(rf"{figure}:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    {"sdmx": sdmx, "nginx": nginx, "crowd": crowd}[sys.argv[1]](Layout(Settings.from_environment().home))
