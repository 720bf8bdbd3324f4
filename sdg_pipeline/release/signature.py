"""Signs the seal of a release with an SSH key, and checks such a signature, without a network.

``ssh-keygen -Y`` of OpenSSH 8.1 or later does both. People and machines have such keys already, in files, agents and
hardware. Who receives a release checks it with the same program and without ours. What is signed is ``SHA256SUMS``,
which names every file. What belongs here: calling that program. What does not: whether the files are as sealed.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.files import read_bounded, write_text
from sdg_pipeline.publish import checksums

PROGRAM = "ssh-keygen"
NAMESPACE = "sdg-release"
"""A signature for another purpose does not count here, and ours not there."""
SIGNER = "signer"
MAX_BYTES = 100_000
KINDS = ("ssh-", "ecdsa-", "sk-")
"""How the line of a public key begins."""


def place(folder: Path) -> Path:
    """Where the signature of a release lies: next to the folder, which is sealed."""
    return folder.with_name(f"{folder.name}.sig")


def sign(folder: Path, key: Path) -> Path:
    """Sign the seal of a release; ``key`` is a private key, or a public one whose other half an agent has."""
    if not key.is_file():
        raise UsageError(f"there is no key {key}; remedy: `ssh-keygen -t ed25519 -f {key}` makes one")
    message = (folder / checksums.NAME).read_bytes()
    done = _asked("sign", "-f", str(key), "-n", NAMESPACE, message=message)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise UsageError(f"{key} signs nothing: {_reason(done)}; remedy: name a private SSH key that may be read")
    write_text(place(folder), done.stdout.decode("ascii"))
    return place(folder)


def fault(folder: Path, key: Path) -> str | None:
    """Why a release is not signed by one of the public keys in a file; None where it is."""
    signature = place(folder)
    if not signature.is_file():
        return f"{signature.name}: missing; the release is not signed"
    with tempfile.TemporaryDirectory(prefix="sdg-signers-") as scratch:
        signers = Path(scratch, "signers")
        signers.write_text("".join(f'{SIGNER} namespaces="{NAMESPACE}" {line}\n' for line in _public(key)))
        options = ("-f", str(signers), "-I", SIGNER, "-n", NAMESPACE, "-s", str(signature))
        done = _asked("verify", *options, message=(folder / checksums.NAME).read_bytes())
    if done.returncode == 0:
        return None
    return f"{signature.name}: not by a key of {key.name} over {checksums.NAME} ({_reason(done)})"


def _public(key: Path) -> list[str]:
    """The public keys in a file, a line each."""
    remedy = "name the file that ends in .pub"
    try:
        lines = read_bounded(key, MAX_BYTES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(key, f"cannot be read as public keys ({error})", remedy=remedy) from error
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not keys or not all(line.startswith(KINDS) and line.isprintable() for line in keys):
        raise InputError(key, "has no public SSH keys", remedy=remedy)
    return keys


def _asked(act: str, *options: str, message: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run([PROGRAM, "-Y", act, *options], input=message, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise UsageError(f"{PROGRAM} is not on this machine; remedy: install OpenSSH 8.1 or later") from error


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr + b" " + done.stdout * (done.returncode != 0)).decode("utf-8", "replace")
    return " ".join(text.split())[:300] or "it says nothing"
