"""Attempts on files: the truth, the results, the installation, other programs."""

from tests.helpers.probes import CLOSED_CALL, CLOSED_FILE, OTHER_DEVICE, UNCHANGED, Probe

ROOT = "an administrator's rights"

READS = {
    "reads the hidden events": "open(T['hidden'] + '/ttbar.events.f32', 'rb').read(1)",
    "lists the hidden part": "os.listdir(T['hidden'])",
    "reads the hidden part beside the training part": (
        "open(os.path.join(T['training'], '..', 'hidden', 'part.json')).read(1)"
    ),
    "reads the settings": "open(T['settings']).read()",
    "reads the truth": "open(T['truth']).read()",
    "reads the journal": "open(T['journal']).read()",
    "reads another submission": "open(T['other'] + '/model.py').read()",
    "lists another submission": "os.listdir(T['other'])",
    "reads another user's temporary file": "open(T['temporary']).read()",
    "reads by a relative climb": "open(os.path.relpath(T['truth'])).read()",
    "reads by a climb from /usr": "open('/usr/..' + T['truth']).read()",
    "reads through /proc/self/root": "open('/proc/self/root' + T['truth']).read()",
    "reads through /proc/self/cwd": "open('/proc/self/cwd/' + os.path.relpath(T['truth'])).read()",
    "reads a descriptor opened as a path": ("open(f\"/proc/self/fd/{os.open(T['truth'], os.O_PATH)}\").read()"),
    "has another program read the truth": (
        "ended = subprocess.run(['cat', T['truth']], capture_output=True, text=True)\n"
        "if ended.returncode: raise PermissionError(13, ended.stderr.rpartition(': ')[2].strip())\n"
        "ended.stdout"
    ),
    "reads through a link in scratch": "os.symlink(T['truth'], 'link')\nopen('link').read()",
    "reads through a linked folder": "os.symlink(T['hidden'], 'folder')\nos.listdir('folder')",
    "reads after walking there": "os.chdir(T['hidden'])\nopen('part.json').read()",
    "maps the hidden events": (
        "import mmap\nmmap.mmap(os.open(T['hidden'] + '/ttbar.events.f32', os.O_RDONLY), 64, prot=mmap.PROT_READ)[0]"
    ),
    "reads the parent's command line": "open(f'/proc/{os.getppid()}/cmdline').read()",
    "reads the parent's environment": "open(f'/proc/{os.getppid()}/environ').read()",
    "reads the parent's memory": "open(f'/proc/{os.getppid()}/mem', 'rb').fileno()",
    "reads the parent's memory map": "open(f'/proc/{os.getppid()}/maps').read()",
    "lists the parent's open files": "os.listdir(f'/proc/{os.getppid()}/fd')",
    "walks to the parent's working directory": "os.listdir(f'/proc/{os.getppid()}/cwd')",
    "lists all processes": "os.listdir('/proc')",
    "lists the root folder": "os.listdir('/')",
    "lists the temporary folder": "os.listdir('/tmp')",
    "lists the repository": "os.listdir(T['repository'])",
    "reads a file of the repository": "open(T['repository'] + '/pyproject.toml').read()",
    "lists the folder of the library's package": "os.listdir(T['repository'] + '/inference')",
}

READS_AS_ROOT = {
    "reads /etc/shadow": "open('/etc/shadow').read(1)",
    "lists the administrator's home": "os.listdir('/root')",
    "reads the disk itself": "open(T['disk'], 'rb').read(1)",
    "reads the machine's memory": "open('/dev/mem', 'rb').fileno()",
    "reads the kernel's messages": "os.open('/dev/kmsg', os.O_RDONLY | os.O_NONBLOCK)",
}

WRITES = {
    "writes a result": "write(T['output'] + '/result_0.json')",
    "writes test_settings.json": "write(T['output'] + '/test_settings.json')",
    "writes the journal": "write(T['journal'])",
    "writes the truth": "write(T['truth'])",
    "writes a result by a relative climb": "write(os.path.relpath(T['output'] + '/result_1.json'))",
    "writes a result through a link in scratch": "os.symlink(T['output'], 'out')\nwrite('out/result_2.json')",
    "writes the journal through a linked file": "os.symlink(T['journal'], 'journal')\nwrite('journal')",
    "writes training events": "write(T['training'] + '/events.f32')",
    "writes the submitted folder": "write(T['submitted'] + '/model.py')",
    "writes another submission": "write(T['other'] + '/model.py')",
    "writes into our package": "leave(T['package'] + '/hostile_probe.py')",
    "writes into our compiled code": "leave(T['compiled'] + '/hostile_probe.nbi')",
    "writes into our __pycache__": "leave(T['package'] + '/__pycache__/hostile_probe.pyc')",
    "writes into the library": "leave(T['library'] + '/hostile_probe.py')",
    "writes into site-packages": "leave(T['packages'] + '/hostile_probe.pth')",
    "writes into /dev/shm": "leave('/dev/shm/hostile_probe')",
    "writes into /tmp": "leave('/tmp/hostile_probe')",
    "makes a folder outside": "os.mkdir(T['output'] + '/unfinished')",
    "makes a FIFO outside": "os.mkfifo(T['output'] + '/fifo')",
    "makes a link outside": "os.symlink('/', T['output'] + '/link')",
    "makes a socket outside": "socket.socket(socket.AF_UNIX).bind(T['output'] + '/socket')",
    "makes a hard link outside": "write('planted')\nos.link('planted', T['output'] + '/result_3.json')",
    "moves a file out": "write('moved')\nos.rename('moved', T['output'] + '/result_4.json')",
    "moves the truth in": "os.rename(T['movable'], 'truth')\nopen('truth').read()",
    "moves its scratch folder": (
        "os.rename(T['scratch'], T['scratch'] + '-moved')\nos.rename(T['scratch'] + '-moved', T['scratch'])"
    ),
    "removes a result": "os.remove(T['spare'])",
    "removes a folder outside": "os.rmdir(T['empty'])",
}

LINKS = {
    "makes a hard link to the truth": "os.link(T['truth'], 'hard')\nopen('hard').read()",
    "makes a hard link to training events": "os.link(T['training'] + '/part.json', 'part')\nwrite('part')",
}

TRUNCATES = {
    "truncates the journal": "os.truncate(T['journal'], 0)",
    "truncates training events": "os.truncate(T['training'] + '/weights.f32', 0)",
    "opens training events to read, which empties them": (
        "os.open(T['training'] + '/processes.u8', os.O_RDONLY | os.O_TRUNC)"
    ),
    "opens the journal neither to read nor to write, which empties it": "os.open(T['journal'], 3 | os.O_TRUNC)",
}

METADATA = {
    "closes the training events to all": (
        "path = T['training'] + '/part.json'\n"
        "changes(lambda: os.stat(path).st_mode, lambda: os.chmod(path, os.stat(path).st_mode ^ 0o004))"
    ),
    "opens a result to all": (
        "handle = os.open(T['output'], os.O_PATH)\n"
        "changes(lambda: os.stat(T['output']).st_mode, lambda: os.chmod(f'/proc/self/fd/{handle}', 0o777))"
    ),
    "makes a program of an administrator": (
        "changes(lambda: os.stat(T['truth']).st_mode, lambda: os.chmod(T['truth'], 0o4755))"
    ),
    "forges a time of change": (
        "changes(lambda: os.stat(T['journal']).st_mtime, lambda: os.utime(T['journal'], (1, 1)))"
    ),
}

FILE_PROBES: dict[str, Probe] = {
    **{name: Probe(body, CLOSED_FILE) for name, body in (READS | WRITES).items()},
    **{name: Probe(body, CLOSED_FILE, ROOT) for name, body in READS_AS_ROOT.items()},
    **{name: Probe(body, OTHER_DEVICE) for name, body in LINKS.items()},
    **{name: Probe(body, CLOSED_FILE, older={1: CLOSED_CALL}) for name, body in TRUNCATES.items()},
    **{name: Probe(body, UNCHANGED) for name, body in METADATA.items()},
    "gives a file away": Probe("os.chown(T['journal'], os.getuid(), os.getgid())", CLOSED_CALL),
    "marks a file": Probe(
        "os.setxattr(T['journal'], 'user.hostile', b'1')", CLOSED_CALL, "a file system with attributes"
    ),
    "watches what others do in a folder": Probe(
        "system_call('inotify_add_watch', system_call('inotify_init1', 0), T['output'], 0x100)", CLOSED_CALL
    ),
    "opens by a handle": Probe(
        "system_call('name_to_handle_at', -100, T['truth'], (ctypes.c_int * 64)(128, 0), (ctypes.c_int * 2)(), 0)",
        CLOSED_CALL,
        "file handles",
    ),
}
