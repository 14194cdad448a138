"""Attempts by system calls that are no files: the network, other processes, shared memory, the machine."""

from tests.helpers.probes import CLOSED_CALL, CLOSED_FILE, NO_CALL, UNCHANGED, Probe

ROOT = "an administrator's rights"
PTRACE = "rights to trace other processes"
HIGH = 0x1_0000_0000
"""A bit that the kernel drops from a number of 32 bits, and a filter may not."""

NETWORK = {
    "connects by TCP": "socket.create_connection(('127.0.0.1', T['port']), 2)",
    "sends by UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'mu', ('127.0.0.1', 9))",
    "connects by IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "listens": "listener = socket.socket()\nlistener.bind(('127.0.0.1', 0))\nlistener.listen()\nlistener.getsockname()",
    "talks to the kernel's network": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "connects to a program's socket": "socket.socket(socket.AF_UNIX).connect(T['socket'])",
    "connects to a program's abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0' + T['abstract'])",
    "sends to a program's socket": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'mu', T['datagrams'])",
    "sends to a program's socket, raw": "socket.socket(socket.AF_UNIX, socket.SOCK_RAW).sendto(b'mu', T['datagrams'])",
    "sends to a program's socket from a pair": (
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'mu', T['datagrams'])"
    ),
    "sends to a program's abstract socket from a pair": (
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b'mu', '\\0' + T['abstract_datagrams'])"
    ),
}

PROCESSES = {
    "signals the parent": "os.kill(os.getppid(), 0)",
    "signals the parent's thread": "system_call('tgkill', os.getppid(), os.getppid(), 0)",
    "signals the parent's first thread": "system_call('tkill', os.getppid(), 0)",
    "signals the parent's group": "os.killpg(T['parent_group'], 0)",
    "signals another program": "os.kill(T['victim'], 0)",
    "kills another program": "os.kill(T['killable'], 9)",
    "gets a handle on the parent": "os.pidfd_open(os.getppid())",
    "reads the limits of the parent": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "lowers the limits of another program": "resource.prlimit(T['victim'], resource.RLIMIT_NOFILE, (10, 10))",
    "moves the parent to another core": "os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid()))",
    "hides itself from those who look": "system_call('prctl', 4, 0, 0, 0, 0)",
    "hides itself by a number of 64 bits": f"system_call('prctl', {HIGH} | 4, 0, 0, 0, 0)",
    "has the kernel signal the parent": "import fcntl\nfcntl.fcntl(socket.socketpair()[0], 8, os.getppid())",
    "has the kernel signal, by a number of 64 bits": (
        f"one, other = socket.socketpair()\nsystem_call('fcntl', one.fileno(), {HIGH} | 8, os.getpid())"
    ),
    "chooses what the kernel signals": "import fcntl\nfcntl.fcntl(socket.socketpair()[0], 10, 18)",
    "chooses what the kernel signals, by a number of 64 bits": (
        f"one, other = socket.socketpair()\nsystem_call('fcntl', one.fileno(), {HIGH} | 10, 18)"
    ),
}

TRACING = {
    "traces another program": "system_call('ptrace', 0x4206, T['victim'], 0, 0)",
    "reads another program's memory": (
        "local, remote = (ctypes.c_char * 8)(), (ctypes.c_ulong * 2)(T['address'], 8)\n"
        "mine = (ctypes.c_ulong * 2)(ctypes.addressof(local), 8)\n"
        "system_call('process_vm_readv', T['victim'], mine, 1, remote, 1, 0)"
    ),
    "compares itself with another program": "system_call('kcmp', os.getpid(), T['victim'], 0, 0, 0)",
}

SHARED = {
    "makes shared memory": "identity = LIBC.shmget(0, 4096, 0o1600)\n"
    "if identity < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))\n"
    "LIBC.shmctl(identity, 0, None)",
    "reads another program's shared memory": (
        "address = LIBC.shmat(T['shared'], None, 0o10000)\n"
        "if address in (None, 2**64 - 1): raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))\n"
        "ctypes.string_at(address, 6)"
    ),
    "removes another program's shared memory": "system_call('shmctl', T['removable'], 0, 0)",
    "makes semaphores": "system_call('semctl', system_call('semget', 0, 1, 0o1600), 0, 0)",
    "makes a message queue": "system_call('msgctl', system_call('msgget', 0, 0o1600), 0, 0)",
    "makes a POSIX message queue": (
        "system_call('mq_open', 'hostile', os.O_CREAT | os.O_RDWR, 0o600, 0)\nsystem_call('mq_unlink', 'hostile')"
    ),
    "keeps a key in the kernel": "system_call('add_key', 'user', 'hostile', b'mu', 2, -3)",
    "reads the kernel's keys": "system_call('keyctl', 0, -3, 1)",
    "makes requests that no filter sees": "system_call('io_uring_setup', 4, (ctypes.c_char * 120)())",
}

MACHINE = {
    "starts a user space of its own": (
        "code = in_child(lambda: LIBC.unshare(0x10000000) and ctypes.get_errno())\n"
        "if code: raise OSError(code, os.strerror(code))"
    ),
    "starts a process in a user space of its own": (
        "child = system_call('clone', 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)\n"
        "child or os._exit(0)\n"
        "os.waitpid(child, 0)"
    ),
    "mounts a file system": (
        "system_call('mount', 'none', T['other'], 'tmpfs', 0, 0)\nsystem_call('umount2', T['other'], 2)"
    ),
    "changes the root folder": (
        "code = in_child(lambda: LIBC.chroot(b'/') and ctypes.get_errno())\n"
        "if code: raise OSError(code, os.strerror(code))"
    ),
    "loads a program into the kernel": "system_call('bpf', 0, (ctypes.c_int * 32)(2, 4, 8, 1), 128)",
    "handles page faults": "system_call('userfaultfd', 1)",
    "watches the processor": "system_call('perf_event_open', (ctypes.c_uint * 32)(1, 112), 0, -1, -1, 0)",
    "makes a disk": "os.mknod('disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))",
    "renames the machine": "socket.sethostname(socket.gethostname())",
}

OWN = {
    "leaves its process group": (
        "if in_child(lambda: os.setsid() or os.getpgid(0) == os.getpid()) != 1:\n    raise Contained('nothing changed')"
    ),
    "makes a group of its own": (
        "if in_child(lambda: os.setpgid(0, 0) or os.getpgid(0) == os.getpid()) != 1:\n"
        "    raise Contained('nothing changed')"
    ),
    "slows the parent down": (
        "changes(lambda: os.getpriority(os.PRIO_PROCESS, T['victim']),\n"
        "    lambda: os.setpriority(os.PRIO_PROCESS, T['victim'], os.getpriority(os.PRIO_PROCESS, T['victim']) + 1))"
    ),
    "lets programs it starts gain privileges": (
        "code = 'import ctypes, sys; sys.exit(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))'\n"
        "if subprocess.run([sys.executable, '-c', code]).returncode:\n"
        "    raise Contained('nothing changed')"
    ),
}

CALL_PROBES: dict[str, Probe] = {
    **{name: Probe(body, CLOSED_CALL) for name, body in (NETWORK | PROCESSES | SHARED).items()},
    **{name: Probe(body, CLOSED_CALL, PTRACE) for name, body in TRACING.items()},
    **{name: Probe(body, CLOSED_CALL, ROOT) for name, body in MACHINE.items()},
    **{name: Probe(body, UNCHANGED) for name, body in OWN.items()},
    "takes the newest way to start a process": Probe(
        "child = system_call('clone3', (ctypes.c_ulong * 8)(0, 0, 0, 0, signal.SIGCHLD), 64)\n"
        "child or os._exit(0)\n"
        "os.waitpid(child, 0)",
        NO_CALL,
    ),
    "raises its limit of memory": Probe(
        "resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))",
        "ValueError: not allowed to raise maximum limit",
        ROOT,
    ),
    "writes its own priority in hunger for memory": Probe(
        "open('/proc/self/oom_score_adj', 'w').write('1000')", CLOSED_FILE
    ),
}
