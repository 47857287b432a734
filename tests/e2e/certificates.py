"""A certificate for this run, for receivers on 127.0.0.1 and two names that resolve to it in tests alone."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_NAMES = ("relay.test", "hooks.test")


class Certificate(msgspec.Struct, frozen=True):
    """Where it is, its key beside it, and a server's context with it."""

    file: str
    key_file: str
    server: ssl.SSLContext

    def server_for(self, *protocols: str) -> ssl.SSLContext:
        """Another server's context, which speaks `protocols` (ALPN)."""
        context = _context(self.file, self.key_file)
        context.set_alpn_protocols(list(protocols))
        return context

    def trusted(self) -> ssl.SSLContext:
        """A client's context that trusts it."""
        return ssl.create_default_context(cafile=self.file)


def make_certificate(folder: Path) -> Certificate:
    """Make one that vouches for itself, into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "aftercare test")])
    hosts: list[x509.GeneralName] = [x509.DNSName(host) for host in _NAMES]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([*hosts, x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    file, key_file = folder / "cert.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Certificate(str(file), str(key_file), _context(str(file), str(key_file)))


def _context(file: str, key_file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return context
