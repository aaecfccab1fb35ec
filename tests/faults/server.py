"""An API server of a few objects that spoils its answers on demand.

It serves lists in pages as kube-apiserver does (continue tokens, remainingItemCount, one resourceVersion a list), over HTTP or TLS.
A `Fault` says which requests are spoilt, and how.
"""
import base64
import contextlib
import dataclasses
import http.server
import json
import pathlib
import ssl
import threading
import time

CERTIFICATES = pathlib.Path(__file__).resolve().parent.parent / "e2e" / "certificates"
GROUPS = ["apps", "batch", "policy", "storage.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "node.k8s.io"]
KINDS = {"nodes": "NodeList", "pods": "PodList", "namespaces": "NamespaceList", "persistentvolumeclaims": "PersistentVolumeClaimList",
         "poddisruptionbudgets": "PodDisruptionBudgetList", "events": "EventList"}
#: How a client sees that it may not go on: the connection is closed in the middle of the answer.
CLOSED = object()


def node(name, cpu="4"):
    return {"metadata": {"name": name, "uid": name, "resourceVersion": "7", "labels": {"kubernetes.io/hostname": name}},
            "spec": {}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}}}


def pod(name, cpu, node_name=None, **labels):
    return {"metadata": {"name": name, "namespace": "default", "uid": name, "resourceVersion": "8", "labels": labels},
            "spec": {"schedulerName": "default-scheduler", "nodeName": node_name,
                     "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}}]},
            "status": {"phase": "Running" if node_name else "Pending"}}


#: `waits` needs preemption and fits nowhere else, so nodes, pods and budgets all count.
OBJECTS = {
    "nodes": [node("n%02d" % number) for number in range(12)],
    "pods": [pod("waits", "3", app="waits")] + [pod("p%02d" % number, "2", "n%02d" % (number % 12), app="a") for number in range(24)],
    "poddisruptionbudgets": [{"metadata": {"name": "b%d" % number, "namespace": "default"},
                              "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "a"}}},
                              "status": {"disruptionsAllowed": 0}} for number in range(7)],
    "namespaces": [{"metadata": {"name": "default"}}],
}


@dataclasses.dataclass
class Fault:
    """`how` (a function below) spoils the requests of `kind` whose page has this number, `times` times (None: always)."""
    how: object
    kind: str
    page: int
    times: int | None
    spoilt: int = 0

    def applies(self, kind, page):
        if kind != self.kind or page != self.page or self.times is not None and self.spoilt >= self.times:
            return False
        self.spoilt += 1
        return True


class Faulty:
    """What a fault does instead of answering: writes to the handler itself."""

    def __init__(self, handler, body):
        self.handler, self.body = handler, body

    def send(self, status=200, body=None, length=None, **headers):
        body = self.body if body is None else body
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        for key, value in headers.items():
            self.handler.send_header(key.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        self.handler.end_headers()
        self.handler.wfile.write(body)
        self.handler.wfile.flush()

    def status(self, code, reason="", **headers):
        message = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": "spoilt by the test"}
        self.send(code, json.dumps(message).encode(), **headers)


def drop_before(faulty):
    """The connection ends without an answer."""
    return CLOSED


def drop_in_page(faulty):
    """The connection ends between two objects."""
    at = faulty.body.index(b"}, {\"metadata", len(faulty.body) // 3)
    faulty.send(body=faulty.body[:at + 1], length=len(faulty.body))
    return CLOSED


def drop_in_object(faulty):
    """The connection ends in the middle of an object."""
    faulty.send(body=faulty.body[:len(faulty.body) * 2 // 3], length=len(faulty.body))
    return CLOSED


def drop_in_chunks(faulty):
    """The same without a length: the last chunk never comes."""
    half = faulty.body[:len(faulty.body) // 2]
    faulty.handler.send_response(200)
    faulty.handler.send_header("Transfer-Encoding", "chunked")
    faulty.handler.end_headers()
    faulty.handler.wfile.write(b"%x\r\n%s\r\n" % (len(half), half))
    faulty.handler.wfile.flush()
    return CLOSED


def truncate(faulty):
    """A shorter text that says that it is whole."""
    faulty.send(body=faulty.body[:len(faulty.body) // 2])


def truncate_between(faulty):
    """The same, and it even ends between two objects."""
    at = faulty.body.index(b"}, {\"metadata", len(faulty.body) // 3)
    faulty.send(body=faulty.body[:at + 1])


def lose_the_token(faulty):
    """A page without the token of the next one."""
    page = json.loads(faulty.body)
    page["metadata"].pop("continue", None)
    faulty.send(body=json.dumps(page).encode())


def repeat_first_page(faulty):
    """The first page over again."""
    faulty.send(body=faulty.handler.server.page(faulty.handler.kind, 0, faulty.handler.limit))


def slow(faulty):
    """Late, but in time."""
    time.sleep(0.4)
    faulty.send()


def trickle(faulty):
    """Byte by byte, for longer than anybody waits."""
    faulty.handler.send_response(200)
    faulty.handler.send_header("Content-Length", str(len(faulty.body)))
    faulty.handler.end_headers()
    for byte in faulty.body:
        faulty.handler.wfile.write(bytes([byte]))
        faulty.handler.wfile.flush()
        time.sleep(0.05)


def stall(faulty):
    """Nothing, for ever."""
    faulty.handler.server.over.wait(30)
    return CLOSED


def stall_in_body(faulty):
    """Half of it, and then nothing for ever."""
    faulty.send(body=faulty.body[:len(faulty.body) // 2], length=len(faulty.body))
    return stall(faulty)


def too_many_requests(faulty):
    faulty.status(429, "TooManyRequests", Retry_After="1")


def internal_error(faulty):
    faulty.status(500, "InternalError")


def unavailable(faulty):
    faulty.status(503, "ServiceUnavailable")


def unauthorized(faulty):
    faulty.status(401, "Unauthorized")


def forbidden(faulty):
    faulty.status(403, "Forbidden")


def expired(faulty):
    faulty.status(410, "Expired")


def bad_gateway(faulty):
    """A proxy's own page."""
    faulty.send(502, b"<html>\r\n<head><title>502 Bad Gateway</title></head>\x1b[31m" + b"x" * 100_000)


def garbage(faulty):
    faulty.send(body=bytes(range(256)) * 40)


def another_kind(faulty):
    """A page of a login form, with status 200."""
    faulty.send(body=b"<!DOCTYPE html><title>Sign in</title>")


def an_object_of_another_shape(faulty):
    faulty.send(body=faulty.body.replace(b'"metadata": {"name"', b'"metadata": {"name": 7, "nam"'))


def endless(faulty):
    """A body that never ends."""
    faulty.handler.send_response(200)
    faulty.handler.end_headers()
    faulty.handler.wfile.write(b'{"metadata":{},"items":[')
    while not faulty.handler.server.over.is_set():
        faulty.handler.wfile.write(b'{"metadata":{"name":"x"}},' * 10_000)
    return CLOSED


def endless_refusal(faulty):
    """An error whose text never ends."""
    faulty.handler.send_response(403)
    faulty.handler.end_headers()
    while not faulty.handler.server.over.is_set():
        faulty.handler.wfile.write(b"no " * 10_000)
    return CLOSED


def another_revision(faulty):
    """The list is as of another moment than the others."""
    page = json.loads(faulty.body)
    page["metadata"]["resourceVersion"] = "3"
    faulty.send(body=json.dumps(page).encode())


FAULTS = [drop_before, drop_in_page, drop_in_object, drop_in_chunks, truncate, truncate_between, lose_the_token, repeat_first_page, slow,
          trickle, stall, stall_in_body, too_many_requests, internal_error, unavailable, unauthorized, forbidden, expired, bad_gateway,
          garbage, another_kind, an_object_of_another_shape, endless, endless_refusal, another_revision]


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault, tls=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.fault, self.over = fault, threading.Event()
        self.lock = threading.Lock()
        self.requests = []
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / "expired.pem", CERTIFICATES / "expired.key")
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_):
        pass  # a client that goes away

    def page(self, kind, start, limit):
        objects = OBJECTS.get(kind, [])
        end = start + limit if limit else len(objects)
        metadata = {"resourceVersion": "100"}
        if end < len(objects):
            metadata["continue"] = base64.urlsafe_b64encode(b"%d" % end).decode().rstrip("=")
            metadata["remainingItemCount"] = len(objects) - end
        return json.dumps({"kind": KINDS.get(kind, "List"), "apiVersion": "v1", "metadata": metadata, "items": objects[start:end]}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        fields = dict(field.split("=", 1) for field in query.split("&") if "=" in field)
        self.kind, self.limit = path.rsplit("/", 1)[-1], int(fields.get("limit", 0))
        with self.server.lock:
            self.server.requests.append((self.path, dict(self.headers)))
        if path == "/version":
            return self.whole({"gitVersion": "v1.34.1"})
        if path == "/apis":
            return self.whole({"kind": "APIGroupList", "groups": [{"name": name} for name in GROUPS]})
        if self.kind not in KINDS and not path.startswith("/api"):
            return self.whole({"kind": "Status", "code": 404, "message": "not found"}, 404)
        token = fields.get("continue", "")
        start = int(base64.urlsafe_b64decode(token + "==")) if token else 0
        body = self.server.page(self.kind, start, self.limit)
        with self.server.lock:
            spoils = self.server.fault is not None and self.server.fault.applies(self.kind, start // (self.limit or 1))
        if not spoils:
            return self.whole(body)
        try:
            if self.server.fault.how(Faulty(self, body)) is CLOSED:
                self.close_connection = True
        except (OSError, ValueError):
            self.close_connection = True
            if not self.wfile.closed and self.server.fault.how in (drop_in_page, truncate_between):
                self.whole(body)

    def whole(self, body, status=200):
        Faulty(self, body if isinstance(body, bytes) else json.dumps(body).encode()).send(status)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(fault=None, tls=False):
    """The server and its address."""
    server = Server(fault, tls)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server, "%s://127.0.0.1:%d" % ("https" if tls else "http", server.server_port)
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
