"""The host's side of a board: the serial protocol, and a device at the end of a port."""

from lutgen.host.device import Device, DeviceError

__all__ = ["Device", "DeviceError"]
