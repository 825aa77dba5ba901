"""The networks of the lab. Every one is made of namespaces of its own and goes away whole.

two_nats():        office ── NAT A ──┐              ┌── NAT B ── home
                   (LAN of PCs)      internet router            (LAN of PCs)
                                     │
                                     gateway, with public addresses

two_gateways():    the same, with another gateway's machine in another place.

behind_proxies():  the same, with a proxy machine in the place of each NAT: it has a leg
                   in both networks and forwards no packet, so that only a program on it
                   (squid, a SOCKS server) leads out.

many_nats():       two_nats() with as many offices as there are names, one PC in each

The internet router knows public addresses only, as the real one does.
"""

import ipaddress
import os
from contextlib import contextmanager

from . import firewall
from .capture import Capture
from .namespaces import Machine, fresh_prefix

GATEWAY = "203.0.113.10"
GATEWAY6 = "2001:db8:c::10"
SECOND_GATEWAY = "198.18.0.10"


class Network:
    def __init__(self, directory, ipv6=False):
        self.directory = directory
        self.ipv6 = ipv6
        self.machines = {}
        self.cables = []  # (machine, port): one end of each
        self._captures = []
        self._prefix = fresh_prefix()

    def machine(self, role):
        made = Machine(role, self._prefix, self.directory)
        self.machines[role] = made
        return made

    def router(self, role):
        made = self.machine(role)
        made.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        if self.ipv6:
            made.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        return made

    def cable(self, a, a_port, b, b_port):
        """A link between two machines; ports are interface names."""
        a.run("ip", "link", "add", a_port, "type", "veth", "peer", "name", b_port, "netns", b.name)
        a.run("ip", "link", "set", a_port, "up")
        b.run("ip", "link", "set", b_port, "up")
        self.cables.append((b, b_port))

    def give(self, machine, port, *addresses):
        """Addresses with prefix length; IPv6 ones only where the network has it."""
        for address in addresses:
            if ":" not in address:
                machine.run("ip", "addr", "add", address, "dev", port)
            elif self.ipv6:
                machine.run("ip", "addr", "add", address, "dev", port, "nodad")

    def route(self, machine, *routers):
        for router in routers:
            if ":" not in router:
                machine.run("ip", "route", "add", "default", "via", router)
            elif self.ipv6:
                machine.run("ip", "-6", "route", "add", "default", "via", router)

    @property
    def pcs(self):
        """Machines that stand in a LAN."""
        return [m for m in self.machines.values() if getattr(m, "lan", None)]

    def capture(self, *ports):
        """Records these ports, given as (machine, interface); every cable, if none is given."""
        started = Capture(ports or self.cables, self.directory / "captures")
        self._captures.append(started)
        return started

    def close(self):
        for capture in self._captures:
            capture.stop()
        for machine in reversed(list(self.machines.values())):
            machine.remove()
        self.machines.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Lan:
    """A bridge on a router or proxy machine, and the PCs plugged into it."""

    def __init__(self, network, border, subnet, subnet6=None):
        self._network = network
        self.border = border
        self.subnet = subnet
        self._hosts = ipaddress.ip_network(subnet)
        self._hosts6 = ipaddress.ip_network(subnet6) if subnet6 else None
        self._next = 11
        self.pcs = []
        # With an address of its own: left alone, a bridge takes the lowest of its ports', and
        # changes it when a PC is plugged in; its neighbours then talk to nobody for a while.
        border.run("ip", "link", "add", "lan", "address", f"02:00:00:00:00:{os.urandom(1).hex()}",
                   "type", "bridge")
        border.run("ip", "link", "set", "lan", "up")
        self.router, self.router6 = self._numbered(1)
        network.give(border, "lan", *self._with_length(1))

    def _numbered(self, number):
        """The addresses of one host; no IPv6 where the LAN has none."""
        return str(self._hosts[number]), str(self._hosts6[number]) if self._hosts6 else None

    def _with_length(self, number):
        v4, v6 = self._numbered(number)
        return [f"{v4}/24"] + ([f"{v6}/64"] if v6 else [])

    def add_pc(self, role, default_route=True):
        network, number = self._network, self._next
        self._next += 1
        pc = network.machine(role)
        port = f"port{number}"
        network.cable(self.border, port, pc, "eth0")
        self.border.run("ip", "link", "set", port, "master", "lan")
        pc.address, pc.address6 = self._numbered(number)
        network.give(pc, "eth0", *self._with_length(number))
        if default_route:
            network.route(pc, *filter(None, (self.router, self.router6)))
        pc.lan = self
        self.pcs.append(pc)
        return pc


def _public(network):
    """The internet router, and the gateway's machine on it."""
    internet = network.router("internet")
    gateway = network.machine("gateway")
    network.cable(internet, "to-gateway", gateway, "eth0")
    network.give(internet, "to-gateway", "203.0.113.1/24", "2001:db8:c::1/64")
    network.give(gateway, "eth0", f"{GATEWAY}/24", f"{GATEWAY6}/64")
    network.route(gateway, "203.0.113.1", "2001:db8:c::1")
    gateway.address, gateway.address6 = GATEWAY, GATEWAY6
    network.internet, network.gateway = internet, gateway


def _second_gateway(network):
    """Another gateway's machine, on a network of its own."""
    gateway = network.machine("gateway2")
    network.cable(network.internet, "to-gateway2", gateway, "eth0")
    network.give(network.internet, "to-gateway2", "198.18.0.1/24")
    network.give(gateway, "eth0", f"{SECOND_GATEWAY}/24")
    network.route(gateway, "198.18.0.1")
    gateway.address = SECOND_GATEWAY
    network.second_gateway = gateway


def on_the_internet(network, role, public, public6=None, forwards=True):
    """The machine between a LAN and the internet: its public leg."""
    made = network.router(role) if forwards else network.machine(role)
    port = f"to-{role}"
    network.cable(network.internet, port, made, "wan")
    for address in filter(None, (public, public6)):
        leg = ipaddress.ip_interface(address)
        network.give(network.internet, port, f"{leg.network[1]}/{leg.network.prefixlen}")
        network.give(made, "wan", address)
        network.route(made, str(leg.network[1]))
    made.address = public.partition("/")[0]
    made.address6 = public6.partition("/")[0] if public6 else None
    return made


_OFFICE = ("198.51.100.2/24", "2001:db8:a::2/64", "192.168.10.0/24", "fd00:a::/64")
_HOME = ("192.0.2.2/24", "2001:db8:b::2/64", "192.168.20.0/24", "fd00:b::/64")
SITES = ["198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/15", "2001:db8:a::/64", "2001:db8:b::/64"]


@contextmanager
def two_nats(directory, ipv6=False):
    """One PC in the office, one at home, each behind a NAT that lets nothing in."""
    with Network(directory, ipv6) as network:
        _public(network)
        for site, (public, public6, subnet, subnet6) in (("office", _OFFICE), ("home", _HOME)):
            border = on_the_internet(network, f"{site}-nat", public, public6, forwards=True)
            lan = Lan(network, border, subnet, subnet6)
            firewall.masquerade(border, "wan", "lan")
            setattr(network, f"{site}_lan", lan)
            setattr(network, f"{site}_nat", border)
            setattr(network, site, lan.add_pc(site))
        yield network


@contextmanager
def two_gateways(directory, ipv6=False):
    """The same as two_nats, with a second gateway's machine elsewhere on the internet."""
    with two_nats(directory, ipv6) as network:
        _second_gateway(network)
        yield network


@contextmanager
def behind_proxies(directory, ipv6=False):
    """One PC in the office, one at home; the only way out is a program on the proxy machine."""
    with Network(directory, ipv6) as network:
        _public(network)
        for site, (public, public6, subnet, subnet6) in (("office", _OFFICE), ("home", _HOME)):
            border = on_the_internet(network, f"{site}-proxy", public, public6, forwards=False)
            lan = Lan(network, border, subnet, subnet6)
            firewall.forbid_forwarding(border)
            setattr(network, f"{site}_lan", lan)
            setattr(network, f"{site}_proxy", border)
            setattr(network, site, lan.add_pc(site, default_route=False))
        yield network


@contextmanager
def many_nats(directory, names):
    """One PC behind each of many NATs, and one at home behind another."""
    with Network(directory) as network:
        _public(network)
        network.nats, network.offices = {}, {}
        for number, name in enumerate([*names, "home"], 1):
            nat = on_the_internet(network, f"nat-{number}", f"198.18.{number}.2/24")
            lan = Lan(network, nat, f"192.168.{number}.0/24")
            firewall.masquerade(nat, "wan", "lan")
            network.nats[name], network.offices[name] = nat, lan.add_pc(name)
        network.home = network.offices.pop("home")
        yield network
