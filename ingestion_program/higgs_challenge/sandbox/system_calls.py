"""Block system calls of a sandboxed process by seccomp: all ways out other than files.

The network, other processes, memory that outlives or crosses processes, and whatever only root needs. Some
calls only pretend to succeed, so that harmless programs that happen to make them keep working.
"""

import errno
import os

import pyseccomp
from pyseccomp import EQ, MASKED_EQ, NE, Arg

REFUSED = (
    # the network, and sockets of other programs
    *("connect", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("sendmsg", "sendmmsg"),  # open files on their way between processes count for all processes of a user
    # other processes
    *(
        "timer_create",
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "process_madvise",
        "kcmp",
        "pidfd_getfd",
        "pidfd_open",
    ),
    *("migrate_pages", "move_pages"),
    # memory and messages that outlive or cross processes
    *("shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
    *("mq_open", "mq_unlink", "keyctl", "add_key", "request_key"),
    # the machine, and other views of it
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig"),
    *("fsmount", "open_by_handle_at", "name_to_handle_at", "bpf", "perf_event_open", "userfaultfd", "syslog"),
    *("reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "swapon", "swapoff"),
    *("acct", "quotactl", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname"),
    *("setdomainname", "vhangup", "iopl", "ioperm", "lookup_dcookie", "fanotify_init", "inotify_add_watch"),
    # who owns files, which Landlock leaves open
    *("chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
)

PRETENDED = (
    *("setsid", "setpgid"),  # a process that cannot leave its group is ended with it
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),  # Landlock leaves permissions and times of all files open
    *("utime", "utimes", "utimensat", "futimesat"),
    *("setpriority", "ioprio_set"),
)

OWN_ONLY = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
"""Refused except on the caller itself, process 0."""

SIGNALS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal")
BEFORE_SCOPED_SIGNALS, BEFORE_TRUNCATE = 6, 3
"""Versions of Landlock before it restricts these itself."""

UNKNOWN = -1
NEITHER_READ_NOR_WRITE = 3
INTEGER = 0xFFFFFFFF
"""The bits of an int argument that the kernel reads; the filter sees 64."""

AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_TYPES = 1, 2, 3, 0xF
NEW_USER_SPACE = 0x10000000
EXIT_SIGNAL, CONTINUE = 0xFF, 18
"""Of clone: nothing may wake a stopped process, neither the end of another one nor a timer."""

SET_DEATH_SIGNAL, SET_DUMPABLE = 1, 4
SET_OWNER, SET_OWNER_EX, SET_SIGNAL = 8, 15, 10
OWNER_REQUESTS = (0x8901, 0x8902)


def restrict_calls(landlock_abi: int) -> None:
    """Refuse those system calls to this process and its children.

    Args:
        landlock_abi: the version of Landlock in force, 0 for none; this restricts what it cannot, more coarsely. Before
            version 6 (Linux 6.12), a process can send signals to itself only, and not to those it has started.
    """
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse, pretend = pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(0)
    for name in REFUSED:
        _add(rules, refuse, name)
    for name in PRETENDED:
        _add(rules, pretend, name)
    for name in OWN_ONLY:
        _add(rules, refuse, name, Arg(0, NE, 0))
    for name in ("socket", "socketpair"):
        _add(rules, refuse, name, Arg(0, NE, AF_UNIX))
        for kind in (SOCK_DGRAM, SOCK_RAW):  # they send to any address without connecting
            _add(rules, refuse, name, Arg(0, EQ, AF_UNIX), Arg(1, MASKED_EQ, SOCK_TYPES, kind))
    _add(rules, pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; the C library then uses clone
    _add(rules, refuse, "clone", Arg(0, MASKED_EQ, NEW_USER_SPACE, NEW_USER_SPACE))
    _add(rules, refuse, "clone", Arg(0, MASKED_EQ, EXIT_SIGNAL, CONTINUE))
    for option in (SET_DEATH_SIGNAL, SET_DUMPABLE):
        _add(rules, refuse, "prctl", Arg(0, MASKED_EQ, INTEGER, option))
    for command in (SET_OWNER, SET_OWNER_EX, SET_SIGNAL):
        _add(rules, refuse, "fcntl", Arg(1, MASKED_EQ, INTEGER, command))
    for request in OWNER_REQUESTS:
        _add(rules, refuse, "ioctl", Arg(1, MASKED_EQ, INTEGER, request))
    if landlock_abi < BEFORE_SCOPED_SIGNALS:
        for name in SIGNALS:
            _add(rules, refuse, name, Arg(0, NE, os.getpid()))
    if landlock_abi < BEFORE_TRUNCATE:
        _add(rules, refuse, "truncate")
        _add(rules, pyseccomp.ERRNO(errno.ENOSYS), "openat2")
        for mode in (os.O_RDONLY, NEITHER_READ_NOR_WRITE):  # they truncate a file that is not opened for writing
            _add(rules, refuse, "open", Arg(1, MASKED_EQ, os.O_ACCMODE | os.O_TRUNC, mode | os.O_TRUNC))
            _add(rules, refuse, "openat", Arg(2, MASKED_EQ, os.O_ACCMODE | os.O_TRUNC, mode | os.O_TRUNC))
    rules.load()


def _add(rules: pyseccomp.SyscallFilter, action: int, name: str, *conditions: Arg) -> None:
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number != UNKNOWN:  # unknown to a libseccomp older than the call
        rules.add_rule(action, number, *conditions)
