"""Clients of partners at the address of the server: pandas, requests, pyarrow over Range, sdmx1."""

from __future__ import annotations

import io
import json
from typing import Any

import pandas
import pyarrow.parquet
import pytest
import requests
import sdmx
from support.sdmx_rows import KEY as ROW_KEY
from support.sdmx_rows import stored_rows
from support.served import ask

from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.sdmx.components import COMPONENTS

SECONDS = 120


@pytest.fixture
def client(address: str) -> Any:
    """sdmx1 with our address as its source."""
    source = {"id": "SDG_MX", "name": "SDG pipeline for Mexico", "url": f"{address}/sdmx", "data_content_type": "XML"}
    sdmx.add_source(source, override=True)
    return sdmx.Client("SDG_MX")


def test_sdmx1_reads_flows_structure_and_values(served_home: Layout, client: Any, duck: Any) -> None:
    assert "DF_SDG_MX" in client.dataflow().dataflow
    structure = client.datastructure("SDG_MX")
    dsd = structure.structure["SDG_MX"]
    assert [d.id for d in dsd.dimensions.components][:3] == ["FREQ", "REPORTING_TYPE", "SERIES"]
    assert {"MX", "MX20067"} <= set(structure.codelist["CL_REF_AREA"].items)
    message = client.data("DF_SDG_MX", key={"REF_AREA": "MX+MX20067"}, params={"startPeriod": "2016"}, dsd=dsd)
    where = "ref_area IN ('MX', 'MX20067') AND time_period >= '2016'"
    stored = stored_rows(served_home.latest / "observations.parquet", duck, where)
    assert rows(message) == {key: {c: row[c] for c in compared()} for key, row in stored.items()}


def compared() -> list[str]:
    return [c.column for c in COMPONENTS if c.column is not None]


def rows(message: Any) -> dict[tuple[str, ...], dict[str, Any]]:
    """Rows as sdmx1 read them, by their key."""
    numbers = {c.column for c in COMPONENTS if c.kind != "text"}
    by_key = {}
    for dataset in message.data:
        for series, observations in dataset.series.items():
            for observation in observations:
                texts = {n: v.value for n, v in {**series.attrib, **observation.attrib}.items()}
                codes = {n: v.value for n, v in observation.key.values.items()}
                values = codes | texts | {"OBS_VALUE": observation.value}
                row = {}
                for component in COMPONENTS:
                    if component.column is not None:
                        value = values.get(component.id)
                        value = None if value in (None, "") else str(value)
                        row[component.column] = float(value) if value and component.column in numbers else value
                by_key[tuple(str(row[name]) for name in ROW_KEY)] = row
    return by_key


def test_pandas_reads_files_and_sdmx_by_their_addresses(served_home: Layout, address: str) -> None:
    water = pandas.read_csv(f"{address}/latest/indicators/water.csv", dtype={"time_period": str})
    stored = pandas.read_parquet(served_home.latest / "indicators" / "water.parquet")
    assert water["obs_value"].tolist() == stored["obs_value"].tolist()
    area = pandas.read_csv(f"{address}/latest/areas/MX20067.csv")
    assert set(area["ref_area"]) == {"MX20067"}
    values = pandas.read_csv(f"{address}/sdmx/data/DF_SDG_MX?format=csv&startPeriod=2016")
    assert set(values["TIME_PERIOD"]) == {2020} and "OBS_VALUE" in values
    parquet = pandas.read_parquet(
        io.BytesIO(requests.get(f"{address}/latest/observations.parquet", timeout=SECONDS).content)
    )
    assert len(parquet) == len(pandas.read_parquet(served_home.latest / "observations.parquet"))


def test_requests_keeps_a_connection_and_unpacks(address: str) -> None:
    with requests.Session() as session:
        readme = session.get(f"{address}/latest/README.md", timeout=SECONDS)
        assert readme.headers["content-encoding"] == "gzip" and readme.text.startswith("#")
        again = session.get(readme.url, headers={"If-None-Match": readme.headers["etag"]}, timeout=SECONDS)
        assert (again.status_code, again.content) == (304, b"")
        assert json.loads(session.get(f"{address}/openapi.json", timeout=SECONDS).text)["paths"]


class Remote(io.RawIOBase):
    """A file over HTTP that is read in parts, as DuckDB's httpfs and fsspec read it."""

    def __init__(self, address: str, path: str) -> None:
        super().__init__()
        self.address, self.path, self.place = address, path, 0
        self.size = int(ask(address, path, method="HEAD").headers["content-length"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        return self.place

    def tell(self) -> int:
        return self.place

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self.size - self.place)
        if count <= 0:
            return 0
        reply = ask(self.address, self.path, {"Range": f"bytes={self.place}-{self.place + count - 1}"})
        assert (reply.status, len(reply.body)) == (206, count)
        buffer[:count] = reply.body
        self.place += count
        return count


def test_a_column_of_parquet_is_read_over_range(served_home: Layout, address: str) -> None:
    remote = Remote(address, "/latest/observations.parquet")
    column = pyarrow.parquet.ParquetFile(remote).read(columns=["obs_value"])
    stored = pyarrow.parquet.read_table(served_home.latest / "observations.parquet", columns=["obs_value"])
    assert column.equals(stored)
