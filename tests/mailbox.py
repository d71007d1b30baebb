"""A real IMAP server, dovecot, that runs for a test on the loopback as nobody in particular."""

from __future__ import annotations

import contextlib
import getpass
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "replies", 'a pass phrase, "with" an é'
_SETTINGS = """
base_dir = {folder}/run
state_dir = {folder}/run
instance_name = workshop-test
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail
auth_mechanisms = plain
auth_failure_delay = 0
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
passdb {{
  driver = passwd-file
  args = {folder}/passwords
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@dataclass(frozen=True)
class Mailbox:
    """A running server with one mailbox, that of USER."""

    port: int
    tls_port: int
    certificate: Path
    """Its own, which nobody has signed."""

    @contextlib.contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        """Open it as its owner would."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            client.select("INBOX")
            yield client

    def put(self, *messages: bytes) -> None:
        """Let messages arrive."""
        with self.opened() as client:
            for octets in messages:
                assert client.append("INBOX", "", "", octets)[0] == "OK"

    def count(self) -> int:
        """Return how many messages it holds."""
        with self.opened() as client:
            return len(client.uid("SEARCH", "ALL")[1][0].split())


def find_dovecot() -> str | None:
    """Return where the server is, None where it or what makes certificates is missing."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return shutil.which("dovecot", path=path) if shutil.which("openssl") else None


@contextlib.contextmanager
def running_mailbox(dovecot: str) -> Iterator[Mailbox]:
    """Run the server until the end of the block."""
    with _readable(), tempfile.TemporaryDirectory(prefix="workshop-imap-") as name:
        folder = Path(name)
        user, group = _account()
        ports = _free_ports()
        mailbox = Mailbox(*ports, _make_certificate(folder))
        (folder / "passwords").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
        (folder / "dovecot.conf").write_text(
            _SETTINGS.format(folder=folder, user=user, group=group, port=ports[0], tls_port=ports[1]), "utf-8"
        )
        for inner in ("run", "mail", "home"):
            (folder / inner).mkdir()
        if os.geteuid() == 0:
            _give(folder, user, group)
        server = subprocess.Popen([dovecot, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
        try:
            _wait_for(server, ports, folder / "log")
            yield mailbox
        finally:
            server.terminate()
            server.wait(10)


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    """Let the account that the server runs as read what is written: commands that ran before keep all to their own."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _account() -> tuple[str, str]:
    """Return whom it runs as: ourselves, or nobody where we are root, whose mail it refuses to keep."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_name, grp.getgrgid(nobody.pw_gid).gr_name
    return getpass.getuser(), grp.getgrgid(os.getegid()).gr_name


def _give(folder: Path, user: str, group: str) -> None:
    folder.chmod(0o755)
    for inner in ("mail", "home"):
        shutil.chown(folder / inner, user, group)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _make_certificate(folder: Path) -> Path:
    path = folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(path), "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return path


def _wait_for(server: subprocess.Popen[bytes], ports: tuple[int, int], log: Path) -> None:
    deadline = time.monotonic() + 20
    waiting = list(ports)
    while waiting:
        with contextlib.suppress(OSError, ssl.SSLError):
            socket.create_connection(("127.0.0.1", waiting[0]), 1).close()
            waiting.pop(0)
            continue
        said = log.read_text("utf-8", "replace") if log.exists() else ""
        assert server.poll() is None, f"dovecot ended: {said}"
        assert time.monotonic() < deadline, f"dovecot does not answer: {said}"
        time.sleep(0.05)
