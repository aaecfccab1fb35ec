"""A kubelet for all nodes at once, as far as controllers can tell: bound pods run and are ready, deleted pods go.

What a pod is to be like is said by annotations: `e2e/unready` never gets ready. The kubelet of a node with the label
`e2e/kubelet: gone` does not answer: its pods stay as they are, whatever is asked of them.
"""
import datetime
import threading

from api import Refused

PATCH = "application/strategic-merge-patch+json"
PAUSE = 0.1


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Kubelet(threading.Thread):
    """A context manager: answers inside of `with`."""

    def __init__(self, api):
        super().__init__(daemon=True)
        self.api, self.ends = api, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.join(30)

    def run(self):
        while not self.ends.wait(PAUSE):
            nodes = self.api.get("/api/v1/nodes?resourceVersion=0")["items"]
            answers = {node["metadata"]["name"]: node["metadata"].get("labels", {}).get("e2e/kubelet") != "gone" for node in nodes}
            for pod in self.api.get("/api/v1/pods?resourceVersion=0")["items"]:
                if answers.get(pod["spec"].get("nodeName")):
                    self.see_to(pod)

    def see_to(self, pod):
        path = "/api/v1/namespaces/%(namespace)s/pods/%(name)s" % pod["metadata"]
        try:
            if "deletionTimestamp" in pod["metadata"]:
                body = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
                self.api.call("DELETE", path, body)
                return
            ready = "e2e/unready" not in pod["metadata"].get("annotations", {})
            conditions = {condition["type"]: condition["status"] for condition in pod["status"].get("conditions", [])}
            if pod["status"].get("phase") != "Running" or conditions.get("Ready") != str(ready):
                self.api.call("PATCH", path + "/status", {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status(pod, ready)}, PATCH)
        except Refused as refusal:
            # It has changed or is gone by now: seen again in the next round.
            if refusal.status not in (404, 409):
                raise


def status(pod, ready):
    since = now()
    conditions = [{"type": kind, "status": str(ready), "lastTransitionTime": since} for kind in ("Ready", "ContainersReady")]
    conditions.append({"type": "Initialized", "status": "True", "lastTransitionTime": since})
    containers = [{"name": container["name"], "image": container["image"], "imageID": "i", "ready": ready, "started": True,
                   "restartCount": 0, "state": {"running": {"startedAt": since}}} for container in pod["spec"]["containers"]]
    return {"phase": "Running", "startTime": pod["status"].get("startTime", since), "conditions": conditions, "containerStatuses": containers}
