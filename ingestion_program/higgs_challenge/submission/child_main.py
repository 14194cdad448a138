"""The entry point of a submission's process: it enters the sandbox, and only then imports untrusted code."""

import os
import socket
import sys
from dataclasses import asdict

from higgs_challenge.sandbox.isolation import OFF, Isolation, SandboxPolicy, enter_sandbox, limit_resources
from higgs_challenge.submission.channel import Channel


def main() -> None:
    """Serve the trusted side at the other end of the socket whose number is the argument."""
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    request, _ = channel.receive()
    policy = SandboxPolicy(**request["policy"])
    if request["sandboxed"]:
        isolation = enter_sandbox(policy)
    else:
        limit_resources(policy)
        isolation = Isolation(OFF, 0, ())
    channel.send({"answers": request["number"], "isolation": asdict(isolation)})
    # Numerical libraries start threads at import, which must be sandboxed like everything else.
    from higgs_challenge.submission.child import Child, keep_freed_memory, serve, submission_path
    from higgs_challenge.submission.semaphores import use_unnamed_semaphores
    from higgs_challenge.tasks import load_task

    if request["sandboxed"] and sys.platform == "linux":
        use_unnamed_semaphores()
    task = load_task(request["task"])
    child = Child(request["submission"], request["training"], task, request["model_type"])
    sys.path[:] = submission_path(request["submission"], task, sys.path)
    sys.argv = [os.path.join(request["submission"], "model.py")]
    keep_freed_memory()
    serve(channel, child, request["submission"])


if __name__ == "__main__":
    main()
