"""How a line is lost. Each of them happens at once and may be undone later.

    loss = losses.killed(realm, "pc")
    …                                # loss.struck: when it happened
    loss.undo()
"""

import signal
import time
from dataclasses import dataclass
from typing import Callable

from . import firewall
from .waiting import eventually

_HOME = "192.168.20"     # the LAN of the person's machine
_PUBLIC = "192.0.2"      # the address of that LAN's NAT on the internet


@dataclass
class Loss:
    struck: float  # monotonic: whatever is sent from then on does not pass
    undo: Callable = lambda: None


def killed(realm, computer_id, gateway=None):
    """The process of the gateway (that which carries, if none is named) is gone; its kernel says so."""
    gateway = gateway or realm.carrying(computer_id)
    struck = time.monotonic()
    gateway.running.signal(signal.SIGKILL)
    gateway.running.wait()
    return Loss(struck, gateway.run)


def reset(realm, computer_id):
    """Every connection of the gateway is reset, and the gateway runs on."""
    machine = realm.carrying(computer_id).machine
    eventually("connections are reset", lambda: machine.run(
        "ss", "-K", "-Htn", "state", "established", "sport", "=", ":443").stdout)
    return Loss(time.monotonic())


def black_hole(realm, computer_id, gateway=None):
    """What is sent to the gateway, or by it, is heard by nobody."""
    machine = (gateway or realm.carrying(computer_id)).machine
    firewall.swallow(machine)
    return Loss(time.monotonic(), lambda: firewall.mend(machine))


def address_changed(realm, _):
    """The person's machine loses its address and has another."""
    home = realm.home
    old = home.address
    home.address = f"{_HOME}.{int(old.rpartition('.')[2]) + 100}"
    home.run("ip", "addr", "del", f"{old}/24", "dev", "eth0")
    home.run("ip", "addr", "add", f"{home.address}/24", "dev", "eth0")
    home.run("ip", "route", "replace", "default", "via", f"{_HOME}.1")
    return Loss(time.monotonic())


def mapping_changed(realm, _):
    """The NAT in front of the person has another address, and knows no connection of before."""
    nat = realm.network.home_nat
    old = nat.address
    nat.address = f"{_PUBLIC}.{int(old.rpartition('.')[2]) + 100}"
    nat.run("ip", "addr", "del", f"{old}/24", "dev", "wan")
    nat.run("ip", "addr", "add", f"{nat.address}/24", "dev", "wan")
    nat.run("ip", "route", "replace", "default", "via", f"{_PUBLIC}.1")
    return Loss(time.monotonic())
