"""A few nodes and pods by hand, for tests that are about reading and not about scheduling."""
import contextlib


def node(name, cpu="4", **spec):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "spec": spec, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}}}


def pod(name, cpu="1", **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}], **spec}}


@contextlib.contextmanager
def on_server(api, things):
    """The things, created; taken away at the end."""
    made = []
    try:
        for thing in things:
            made.append({**api.create(thing), "apiVersion": thing["apiVersion"], "kind": thing["kind"]})
        yield made
    finally:
        for thing in reversed(made):
            api.delete(thing)
