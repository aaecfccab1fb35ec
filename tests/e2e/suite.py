"""The one control plane that all tests share."""
_plane = None


def use(plane):
    global _plane
    _plane = plane


def plane():
    """The running `ControlPlane`."""
    return _plane
