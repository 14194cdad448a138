"""What hostile submissions go for: files, sockets, processes and shared memory, made anew for each submission."""

import ctypes
import os
import shutil
import site
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import higgs_challenge
import higgs_inference
from higgs_challenge.compiled import cache_folder
from tests.helpers.repository import ROOT


@contextmanager
def victims(folder: Path, store: Path) -> Iterator[dict[str, Any]]:
    """Make them in a folder; gives where they are."""
    with ExitStack() as stack:
        yield {
            **_files(folder, store, stack),
            **_installation(),
            **_sockets(folder, stack),
            **_processes(stack),
            **_shared(stack),
        }


def _files(folder: Path, store: Path, stack: ExitStack) -> dict[str, Any]:
    shutil.copytree(store, folder / "store")
    for name in ("output", "empty", "other"):
        (folder / name).mkdir()
    named = {
        "settings": "settings.yaml",
        "truth": "reference/set_0.json",
        "journal": "output/journal.jsonl",
        "spare": "output/result_9.json",
        "movable": "reference/set_1.json",
    }
    (folder / "reference").mkdir()
    (folder / "other" / "model.py").write_text("")
    for name in named.values():
        (folder / name).write_text("{}")
    handle, temporary = tempfile.mkstemp()
    stack.callback(os.remove, temporary)
    os.close(handle)
    return {
        **{name: str(folder / place) for name, place in named.items()},
        **{name: str(folder / name) for name in ("output", "empty", "other")},
        "hidden": str(folder / "store" / "hidden"),
        "training": str(folder / "store" / "training"),
        "submitted": str(folder / "submission"),
        "scratch": str(folder / "scratch"),
        "temporary": temporary,
    }


def _installation() -> dict[str, str]:
    disks = [path for name in ("vda", "sda", "nvme0n1", "xvda") if (path := Path("/dev", name)).exists()]
    return {
        "package": str(Path(higgs_challenge.__file__).parent),
        "library": str(Path(higgs_inference.__file__).parent),
        "repository": str(ROOT),
        "compiled": str(cache_folder()),
        "packages": site.getsitepackages()[0],
        "disk": str(disks[0]) if disks else "/dev/no_disk_found",
    }


def _sockets(folder: Path, stack: ExitStack) -> dict[str, Any]:
    short = Path(stack.enter_context(tempfile.TemporaryDirectory()))  # a socket's path has 108 bytes at most
    name = f"hostile-{os.getpid()}-{folder.parent.name}-{folder.name}"
    listening: dict[str, Any] = {"socket": str(short / "stream"), "abstract": name}
    for address in (listening["socket"], f"\0{name}"):
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(address)
        server.listen()
    listening |= {"datagrams": str(short / "datagrams"), "abstract_datagrams": f"{name}-datagrams"}
    for address in (listening["datagrams"], f"\0{name}-datagrams"):
        stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)).bind(address)
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return {**listening, "port": server.getsockname()[1]}


def _processes(stack: ExitStack) -> dict[str, int]:
    found = {}
    for name in ("victim", "killable"):
        process = stack.enter_context(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        stack.callback(process.kill)
        found[name] = process.pid
    first = Path(f"/proc/{found['victim']}/maps").read_text().partition("-")[0]
    return {**found, "address": int(first, 16), "parent_group": os.getpgid(0)}


def _shared(stack: ExitStack) -> dict[str, int]:
    library = ctypes.CDLL(None, use_errno=True)
    library.shmat.restype = ctypes.c_void_p
    found = {}
    for name in ("shared", "removable"):
        found[name] = library.shmget(0, 4096, 0o1600)
        address = library.shmat(found[name], None, 0)
        ctypes.memmove(address, b"secret", 6)
        stack.callback(library.shmctl, found[name], 0, None)
        stack.callback(library.shmdt, ctypes.c_void_p(address))
    return found
