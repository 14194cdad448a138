"""Restrict the files that a process may read and write, by Landlock, which needs no privileges (Linux 5.13)."""

import importlib.util
import os
import site
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import landlockpy
from landlockpy import AccessFS, Ruleset, Scope, fs_for_abi, net_for_abi

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/nix/store", "/gnu/store", "/sys")
CACHES = ("/var/cache/fontconfig",)
SETTINGS = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "alternatives", "passwd", "group", "nsswitch.conf"),
    *("localtime", "locale.alias", "timezone", "os-release", "debian_version", "mime.types", "fonts"),
    *("ca-certificates", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust"),
    *("OpenCL", "vulkan", "glvnd", "protocols", "services", "hosts", "host.conf"),
)
"""In /etc: files that libraries read, none of them with secrets."""

PROCESS_TABLE = (
    *("self", "cpuinfo", "meminfo", "stat", "version", "uptime", "loadavg", "filesystems", "devices", "modules"),
    *("mounts", "driver", "sys/kernel", "sys/vm", "sys/fs"),
)
"""In /proc: the process itself and the machine, but no other process."""

DEVICES = ("null", "zero", "full", "random", "urandom")
ACCELERATORS = ("nvidia*", "dri", "kfd")
LIBRARY_PATHS = ("LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH")

LOOK = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
DEVICE = AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.READ_DIR
FOR_FILES = AccessFS.EXECUTE | AccessFS.READ_FILE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE | AccessFS.IOCTL_DEV
ACCELERATOR = DEVICE | AccessFS.IOCTL_DEV

OUR_PACKAGE = Path(__file__).parents[1]
LIBRARY = "higgs_inference"
"""The package that submissions may import; installed from a checkout as editable, it lies in no folder of sys.path."""


def installation() -> list[Path]:
    """List the existing folders of the running Python installation: prefixes, sys.path, libraries, and LIBRARY."""
    named = [Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)]
    named += [Path(entry) for entry in [*sys.path, site.getusersitepackages()] if entry]
    for variable in LIBRARY_PATHS:
        named += [Path(entry) for entry in os.environ.get(variable, "").split(os.pathsep) if entry]
    if library := importlib.util.find_spec(LIBRARY):
        named += [Path(folder) for folder in library.submodule_search_locations or ()]
    folders = {path.resolve() for path in named if path.exists()}
    ours = OUR_PACKAGE.parent.resolve()  # the package is enough, without the rest of the program's folder
    return sorted((folders - {ours}) | {OUR_PACKAGE.resolve()})


def restrict_files(reads: Sequence[Path], writes: Sequence[Path], secrets: Iterable[Path], abi: int) -> None:
    """Restrict this process and its children to the system, the Python installation and the given paths.

    TCP ports, signals to other processes and abstract sockets are closed too where the kernel can do that.

    Args:
        reads: files and folders to read.
        writes: folders with full access.
        secrets: paths that must stay inaccessible: no folder of the installation that contains one is opened.
        abi: Landlock's version to use, from 1, see landlockpy.abi_version.
    """
    hidden = [path.resolve() for path in secrets]
    opened = [path for path in installation() if not any(secret.is_relative_to(path) for secret in hidden)]
    everything = fs_for_abi(abi)
    scoped = landlockpy.scope_for_abi(abi) & (Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL)
    with Ruleset(handled_fs=everything, handled_net=net_for_abi(abi), scoped=scoped) as rules:
        for path in [
            *_existing("/", SYSTEM + CACHES),
            *_existing("/etc", SETTINGS),
            *_existing("/proc", PROCESS_TABLE),
            *opened,
        ]:
            _allow(rules, path, LOOK)
        for path in reads:
            _allow(rules, path, LOOK)
        for path in _existing("/dev", DEVICES):
            _allow(rules, path, DEVICE)
        for path in [path for pattern in ACCELERATORS for path in Path("/dev").glob(pattern)]:
            _allow(rules, path, ACCELERATOR)
        for path in writes:
            _allow(rules, path, everything)
        rules.restrict()


def _existing(folder: str, names: Iterable[str]) -> list[Path]:
    return [path for path in (Path(folder) / name for name in names) if path.exists()]


def _allow(rules: Ruleset, path: Path, access: AccessFS) -> None:
    rules.allow_path(path, access if path.is_dir() else access & FOR_FILES)
