"""What a hostile submission may try in one line or a few, each as the body of a function that returns where it could.

They run in a submission's process, with `T` naming their victims, all made by the tests.
"""

from dataclasses import dataclass, field

CLOSED_FILE = "PermissionError: [Errno 13] Permission denied"
CLOSED_CALL = "PermissionError: [Errno 1] Operation not permitted"
OTHER_DEVICE = "OSError: [Errno 18] Invalid cross-device link"
NO_CALL = "OSError: [Errno 38] Function not implemented"
UNCHANGED = "Contained: nothing changed"

PRELUDE = '''\
"""Runs every probe and writes down what came of it."""
import ctypes, json, os, resource, signal, socket, stat, struct, subprocess, sys, time
import pyseccomp

T = json.load(open(os.path.join(os.path.dirname(__file__), "victims.json")))
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p


class Contained(Exception):
    """It seemed to work, but had no effect."""


def system_call(name, *arguments):
    ctypes.set_errno(0)
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        raise NotImplementedError(name)
    plain = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    result = LIBC.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in plain))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def changes(look, action):
    before = look()
    action()
    if look() == before:
        raise Contained("nothing changed")


def in_child(action):
    """Gives the exit code of a forked process."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(int(action()))
        except BaseException:
            os._exit(99)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        raise Contained(f"killed by signal {os.WTERMSIG(status)}")
    return os.WEXITSTATUS(status)


def write(path):
    with open(path, "a") as file:
        file.write("hostile")


def leave(path):
    """Writes a file where it may hurt, and takes it away again."""
    write(path)
    os.remove(path)


def run_all():
    outcomes = {}
    for name, probe in PROBES.items():
        work = os.getcwd()
        try:
            outcomes[name] = f"done: {probe()!r}"[:200]
        except BaseException as error:
            outcomes[name] = f"{type(error).__name__}: {error}"
        os.chdir(work)
    with open("outcomes.json", "w") as file:
        json.dump(outcomes, file)


'''


@dataclass(frozen=True)
class Probe:
    """One attempt.

    Attributes:
        body: statements; a value that they end with is returned.
        message: how the exception begins that the submission sees.
        needs: why it may be impossible without isolation too; empty where it never is.
        older: other messages by Landlock version.
    """

    body: str
    message: str
    needs: str = ""
    older: dict[int, str] = field(default_factory=dict)


def source(probes: dict[str, Probe]) -> str:
    """Write the module hostile.py, whose run_all makes all attempts."""
    functions, names = [], []
    for number, (name, probe) in enumerate(probes.items()):
        lines = probe.body.strip().splitlines()
        if not lines[-1].startswith((" ", "raise", "del", "for", "if", "with")) and "=" not in lines[-1].split("(")[0]:
            lines[-1] = f"return {lines[-1]}"
        functions.append(f"def probe_{number}():\n" + "\n".join(f"    {line}" for line in lines) + "\n\n\n")
        names.append(f"    {name!r}: probe_{number},\n")
    return f"{PRELUDE}{''.join(functions)}PROBES = {{\n{''.join(names)}}}\n"
