"""A door in front of the API server at which a test stands: it sees each request and may answer it."""
import contextlib
import http.client
import http.server
import json
import ssl
import threading


#: The connection ends without an answer.
CUT = object()


class Door:
    """`requests` holds the paths that were asked for. `on_request(path, number)` may return None
    (the server answers), a status and headers (the server never hears of it), or `CUT` (the
    connection ends without an answer)."""

    def __init__(self, plane, on_request):
        self.plane = plane
        self.on_request = on_request
        self.requests = []
        self.lock = threading.Lock()

    def answer(self, handler):
        with self.lock:  # one request at a time: what a test does between pages is done before the next
            self.requests.append(handler.path)
            own = self.on_request(handler.path, len(self.requests))
        if own is CUT:
            return None
        if own:
            status, headers = own
            body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
                               "message": "not now"}).encode()
            return status, {"Content-Type": "application/json", **headers}, body
        context = ssl.create_default_context(cafile=str(self.plane.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.plane.port, timeout=60, context=context)
        with contextlib.closing(connection):
            kept = ("authorization", "accept", "accept-encoding", "user-agent")
            connection.request("GET", handler.path, headers={key: value for key, value in handler.headers.items()
                                                             if key.lower() in kept})
            response = connection.getresponse()
            kept = ("Content-Type", "Content-Encoding")
            return response.status, {key: value for key, value in response.getheaders() if key in kept}, response.read()


@contextlib.contextmanager
def door(plane, on_request):
    """The `Door` and its address."""
    door = Door(plane, on_request)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            answer = door.answer(self)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield door, "http://127.0.0.1:%d" % server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
