import shutil
import ssl
import subprocess
from pathlib import Path

import msgspec
import pytest


class Certificate(msgspec.Struct, frozen=True):
    file: str
    server: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-made certificate for relay.test, hooks.test and 127.0.0.1, valid for this run."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl command to make a certificate with")
    folder: Path = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=DNS:relay.test,DNS:hooks.test,IP:127.0.0.1"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(
        [openssl, "req", "-x509", *kind, *files, "-subj", "/CN=aftercare test", "-addext", names],
        check=True,
        capture_output=True,
        timeout=30,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return Certificate(str(folder / "cert.pem"), server)


@pytest.fixture(scope="session")
def http2_tls(certificate: Certificate) -> ssl.SSLContext:
    """The server's side of the same certificate, speaking HTTP/2."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate.file, Path(certificate.file).parent / "key.pem")
    server.set_alpn_protocols(["h2"])
    return server


@pytest.fixture
def trusting(certificate: Certificate) -> ssl.SSLContext:
    """A client that trusts that certificate."""
    return ssl.create_default_context(cafile=certificate.file)
