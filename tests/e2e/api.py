"""A few lines of API client: JSON over one kept connection."""
import http.client
import json
import ssl

PLURAL = {"StorageClass": "storageclasses", "PriorityClass": "priorityclasses", "DeviceClass": "deviceclasses",
          "CSIStorageCapacity": "csistoragecapacities"}
CLUSTER_SCOPED = {"Node", "Namespace", "PersistentVolume", "StorageClass", "CSINode", "CSIDriver", "PriorityClass",
                  "VolumeAttachment", "DeviceClass", "DeviceTaintRule", "ResourceSlice", "ClusterRole", "ClusterRoleBinding"}


def collection(api_version, kind, namespace=None):
    """The path of all objects of a kind, in one namespace or in all."""
    base = ("/api/" if api_version == "v1" else "/apis/") + api_version
    plural = PLURAL.get(kind, kind.lower() + "s")
    if kind in CLUSTER_SCOPED or namespace is None:
        return "%s/%s" % (base, plural)
    return "%s/namespaces/%s/%s" % (base, namespace, plural)


def path_of(thing):
    metadata = thing["metadata"]
    return "%s/%s" % (collection(thing["apiVersion"], thing["kind"], metadata.get("namespace", "default")),
                      metadata["name"])


class Refused(Exception):
    """The server said no."""

    def __init__(self, method, path, status, body):
        super().__init__("%s %s: %d %s" % (method, path, status, body[:600]))
        self.status = status


class Api:
    def __init__(self, port, certificate, token):
        context = ssl.create_default_context(cafile=str(certificate))
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        self.token = token

    def call(self, method, path, body=None, content_type="application/json"):
        """The decoded answer.

        Raises `Refused` for any status of 400 and above.
        """
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": content_type, "Accept": "application/json"}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        if response.status >= 400:
            raise Refused(method, path, response.status, text)
        return json.loads(text)

    def get(self, path):
        return self.call("GET", path)

    def create(self, thing):
        """Creates; returns what the server made of it."""
        namespace = thing["metadata"].get("namespace", "default")
        return self.call("POST", collection(thing["apiVersion"], thing["kind"], namespace), thing)

    def replace(self, thing, part=""):
        """Puts the object, or with `part` "/status" only its status."""
        return self.call("PUT", path_of(thing) + part, thing)

    def delete(self, thing):
        """Deletes at once, finalizers or not; what is gone already is no error."""
        try:
            left = self.call("DELETE", path_of(thing), {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
            # A definition's own finalizer goes with the objects that it defines.
            if left.get("metadata", {}).get("finalizers") and thing["kind"] != "CustomResourceDefinition":
                left["metadata"]["finalizers"] = []
                self.call("PUT", path_of(thing), left)
        except Refused as refusal:
            if refusal.status != 404:
                raise
