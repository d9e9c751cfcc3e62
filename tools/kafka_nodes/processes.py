"""Starts, signals and recognises the processes of a cluster; a process is ours only if its command line names our directory."""
import os
import pathlib
import signal
import subprocess
import time


def start(command, log_path, directory):
    """Runs on after this script; output goes to a file."""
    with open(log_path, "ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
                                   start_new_session=True)
    return process.pid


def state(pid, mark):
    """running, paused or gone. A zombie is gone: nobody may be there to reap it. In the middle of its exec, a process has no
    command line for a moment, and is ours."""
    if not pid:
        return "gone"
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        letter = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "gone"
    if letter in "ZX" or (words and str(mark).encode() not in words):
        return "gone"
    return "paused" if letter in "Tt" else "running"


def send(pid, mark, number):
    """Signals a process if it is still the one we started; says whether it was."""
    if state(pid, mark) == "gone":
        return False
    os.kill(pid, number)
    return True


def wait_gone(pid, mark, seconds):
    deadline = time.monotonic() + seconds
    while state(pid, mark) != "gone":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill(pid, mark):
    if send(pid, mark, signal.SIGKILL):
        wait_gone(pid, mark, 10)


def stop(pid, mark, seconds=30):
    """A clean stop; kill -9 when it takes too long. Says whether it was clean."""
    if not send(pid, mark, signal.SIGTERM):
        return True
    send(pid, mark, signal.SIGCONT)
    if wait_gone(pid, mark, seconds):
        return True
    kill(pid, mark)
    return False
