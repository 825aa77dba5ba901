"""The four places where a gateway may stand, each a network of its own, from one description.

    internet    office firewall ── internet ── home firewall          gateway on the internet
    office      office firewall ── internet ── home                   gateway in the office
    dmz         office firewall ── internet ── home firewall          gateway in home's DMZ
    protected   office firewall ── internet ── home firewall          gateway in the office

The agent stands in the office, the person at home. Every firewall drops what comes in; an
opening is one TCP port to the gateway. Everybody calls the gateway by one name, which means
its own address on its side of a firewall, and the firewall's where that one passes a port on.
"""

from contextlib import contextmanager
from dataclasses import dataclass

from .firewall import counters, load, masquerade, ruleset
from .network import GATEWAY, Lan, Network, on_the_internet

NAME = "gateway.example"
PORT = 443


@dataclass(frozen=True)
class Placement:
    name: str
    stands_in: str          # "internet", or the site whose network the gateway is in
    leg: str = "lan"        # of that site's firewall: "lan" (private addresses) or "dmz" (public ones)
    firewall_at_home: bool = True  # False: the person's PC is on the internet itself

    def __str__(self):
        return self.name

    @property
    def opens(self):
        """The only site whose firewall needs an opening, or None."""
        return None if self.stands_in == "internet" else self.stands_in


PLACEMENTS = [
    Placement("internet", stands_in="internet"),
    Placement("office", stands_in="office", firewall_at_home=False),
    Placement("dmz", stands_in="home", leg="dmz"),
    Placement("protected", stands_in="office"),
]


class Site:
    """A LAN behind a firewall that lets nothing in, until it is told of one port."""

    def __init__(self, network, role, public, private):
        self.role = role
        self.firewall = on_the_internet(network, f"{role}-fw", f"{public}.2/24")
        self.lan = Lan(network, self.firewall, f"{private}.0/24")
        self.pc = self.lan.add_pc(role)
        masquerade(self.firewall, "wan", "lan")
        _count_what_comes_in(self.firewall)

    def open_port(self, gateway, passed_on):
        """Lets one TCP port in, to the gateway; `passed_on`: from the firewall's own address."""
        rules = [f'add rule inet lab_filter forward iifname "wan" ip daddr {gateway.address} '
                 f"tcp dport {PORT} ct state new accept"]
        if passed_on:
            rules += ["add chain inet lab_nat prerouting { type nat hook prerouting priority dstnat; }",
                      f'add rule inet lab_nat prerouting iifname "wan" tcp dport {PORT} '
                      f"dnat ip to {gateway.address}"]
        load(self.firewall, "\n".join(rules))

    def came_in(self):
        """First packets from outside, {'offered', 'to the gateway', 'elsewhere'}: the last two were
        accepted by every rule of the firewall."""
        found = counters(self.firewall, "lab_came_in")
        return {"offered": found["offered"], "to the gateway": found["gateway"],
                "elsewhere": found["elsewhere"]}


def _count_what_comes_in(firewall):
    """Counts behind the filter, so only what it accepted; what was offered to it, before it."""
    accepted = f'iifname "wan" ct state new tcp dport {PORT} counter name gateway return\n' \
               'iifname "wan" ct state new counter name elsewhere'
    load(firewall, f"""
        table inet lab_came_in {{
            counter offered {{ }}
            counter gateway {{ }}
            counter elsewhere {{ }}
            chain prerouting {{
                type filter hook prerouting priority 0
                iifname "wan" ct state new counter name offered
            }}
            chain forward {{
                type filter hook forward priority 10
                {accepted}
            }}
            chain input {{
                type filter hook input priority 10
                iifname "wan" ct state new counter name elsewhere
            }}
        }}""")


class PlacedNetwork(Network):
    """One of the four networks: the gateway's machine, a PC in the office, one at home."""

    def build(self, placement):
        self.placement = placement
        self.internet = self.router("internet")
        self.sites = {"office": Site(self, "office", "198.51.100", "192.168.10")}
        if placement.firewall_at_home:
            self.sites["home"] = Site(self, "home", "192.0.2", "192.168.20")
            self.home = self.sites["home"].pc
        else:
            self.home = on_the_internet(self, "home", "192.0.2.2/24", forwards=False)
        self.office = self.sites["office"].pc
        self.gateway_site = self.sites.get(placement.stands_in)
        # A gateway with a private address is found from outside at its firewall's.
        self.passed_on = self.gateway_site is not None and placement.leg == "lan"
        self.gateway = self.gateway_site.lan.add_pc("gateway") if self.passed_on else self._public_gateway()
        for machine in self.machines.values():
            inside = not self.passed_on or getattr(machine, "lan", None) is self.gateway_site.lan
            machine.knows({NAME: self.gateway.address if inside else self.gateway_site.firewall.address})

    def _public_gateway(self):
        border, port = (self.gateway_site.firewall, "dmz") if self.gateway_site else (self.internet, "to-gateway")
        made = self.machine("gateway")
        self.cable(border, port, made, "eth0")
        self.give(border, port, "203.0.113.1/24")
        self.give(made, "eth0", f"{GATEWAY}/24")
        self.route(made, "203.0.113.1")
        made.address = GATEWAY
        if self.gateway_site:
            self.internet.run("ip", "route", "add", "203.0.113.0/24", "via", border.address)
            # What the LAN asks of the DMZ is an outgoing connection, as any other of the LAN's.
            load(border, 'add rule inet lab_filter forward iifname "lan" oifname "dmz" accept')
        return made

    def open_port(self):
        self.gateway_site.open_port(self.gateway, self.passed_on)

    def rulesets(self):
        """{site: its firewall's rules, one a line}."""
        return {role: [line.strip() for line in ruleset(site.firewall).splitlines()]
                for role, site in self.sites.items()}


@contextmanager
def placed(directory, placement):
    with PlacedNetwork(directory) as network:
        network.build(placement)
        yield network
