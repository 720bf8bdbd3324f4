"""A server that forgets to send its intermediate certificate: refused, until the source spec gives it; never unverified."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import TypeAdapter, ValidationError
from support.replies import Reply, Replying

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest.download import download
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.specs.source import Certificate

BODY = b"ENT,LIBRARIES\n01,5\n"
PEM = serialization.Encoding.PEM
START = datetime.datetime(2020, 1, 1)


@dataclass(frozen=True)
class Issuer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()


def issued(name: str, by: Issuer | None, *, authority: bool) -> Issuer:
    """A certificate of this name, by an issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    issuer = by.certificate.subject if by else subject
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(START).not_valid_after(START + datetime.timedelta(days=36_500))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder if authority else builder.add_extension(here, critical=False)
    signed = builder.sign(by.key if by else key, hashes.SHA256())
    return Issuer(signed, key)


@dataclass(frozen=True)
class Forgetful:
    """The address of a server that sends its own certificate alone, the missing one, and a root that it trusts."""

    url: str
    intermediate: str
    root: Path


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forgetful]:
    folder = tmp_path_factory.mktemp("certificates")
    root = issued("root", None, authority=True)
    between = issued("between", root, authority=True)
    leaf = issued("leaf", between, authority=False)
    (folder / "root.pem").write_text(root.pem, encoding="utf-8")
    private = leaf.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "leaf.pem").write_bytes(private + leaf.pem.encode())

    class Handler(Replying):
        def do_GET(self) -> None:
            self.send(Reply(body=BODY))

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield Forgetful(f"https://127.0.0.1:{httpd.server_address[1]}/a.csv", between.pem, folder / "root.pem")
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def taken(server: Forgetful, folder: Path, intermediate: str | None) -> bytes:
    patience = Patience(attempts=1, intermediate=intermediate)
    got = download(server.url, folder, max_bytes=10**6, patience=patience)
    assert got is not None
    return got.path.read_bytes()


def test_the_missing_certificate_is_given(
    forgetful: Forgetful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(forgetful.root))
    with pytest.raises(FetchError, match=r"certificate cannot be verified; remedy: .*intermediate in the source spec"):
        taken(forgetful, tmp_path, None)
    assert taken(forgetful, tmp_path, forgetful.intermediate) == BODY


def test_the_given_certificate_is_no_anchor(
    forgetful: Forgetful, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(FetchError, match="certificate cannot be verified"):
        taken(forgetful, tmp_path, forgetful.intermediate)


def test_a_spec_takes_certificates_alone(forgetful: Forgetful) -> None:
    certificate = TypeAdapter(Certificate)
    assert certificate.validate_python(forgetful.intermediate) == forgetful.intermediate
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for text in ("", "none", "../../etc/passwd", broken):
        with pytest.raises(ValidationError, match="is no certificate in PEM"):
            certificate.validate_python(text)
