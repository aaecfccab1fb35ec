"""kubectl-sched as a user runs it."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def binary():
    """`KUBECTL_SCHED`, else what cargo built last for release, else for debugging."""
    named = os.environ.get("KUBECTL_SCHED")
    built = [ROOT / "target" / profile / "kubectl-sched" for profile in ("release", "debug")]
    newest = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    if not named and not newest:
        raise SystemExit("no kubectl-sched: run cargo build first, or name one by KUBECTL_SCHED")
    return named or str(newest[-1])


def run(*arguments, kubeconfig=None, environment=None):
    """Status, standard output and standard error."""
    clean = {key: value for key, value in os.environ.items() if key != "KUBECONFIG"}
    flags = ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    done = subprocess.run([binary(), *arguments, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, env={**clean, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def explain(pod, kubeconfig, *flags):
    """The Placement of `namespace/name`."""
    namespace, name = pod.split("/")
    status, out, err = run("explain", name, "-n", namespace, "-o", "json", *flags, kubeconfig=kubeconfig)
    assert status == 0, "explain %s ended with %d: %s" % (pod, status, err)
    return json.loads(out)
