"""nftables of the lab: NAT, what a machine may not do, counters, and rulesets as text."""

import json


def masquerade(machine, wan, lan):
    """NAT as an office or a home has it: nothing comes in that was not asked for."""
    load(machine, f"""
        table inet lab_nat {{
            chain postrouting {{
                type nat hook postrouting priority srcnat
                oifname "{wan}" masquerade random
            }}
        }}
        table inet lab_filter {{
            chain forward {{
                type filter hook forward priority filter; policy drop
                ct state established,related accept
                iifname "{lan}" oifname "{wan}" accept
                iifname "{lan}" oifname "{lan}" accept  # where the kernel filters what it bridges
            }}
            chain input {{
                type filter hook input priority filter; policy drop
                ct state established,related accept
                iifname "lo" accept
                meta l4proto {{ icmp, icmpv6 }} accept
            }}
        }}""")


def forget_idle(machine, seconds, picks_up):
    """The NAT forgets a connection on which nothing came for so long.

    What then still comes of it from inside is a connection of its own to a NAT that picks it up
    (with another port, so that its peer does not know it), and dropped by one that does not.
    """
    machine.run("sysctl", "-qw", f"net.netfilter.nf_conntrack_tcp_timeout_established={seconds}",
                f"net.netfilter.nf_conntrack_tcp_loose={int(picks_up)}")
    load(machine, "insert rule inet lab_filter forward ct state invalid drop")


def forbid_forwarding(machine):
    """A proxy machine: has a leg in both networks and passes no packet between them."""
    load(machine, """
        table inet lab_filter {
            chain forward {
                type filter hook forward priority filter; policy drop
            }
        }""")


def forbid_outgoing(machine):
    """Drops and counts every connection that this machine itself opens."""
    load(machine, """
        table inet lab_outgoing {
            counter attempts { }
            chain output {
                type filter hook output priority filter; policy accept
                oifname "lo" accept
                ct state new counter name attempts drop
            }
        }""")


def outgoing_attempts(machine):
    return counters(machine, "lab_outgoing")["attempts"]


def count_peers(machine, *allowed):
    """Counts packets to and from the allowed addresses, and those of anybody else."""
    v4 = ", ".join(a for a in map(str, allowed) if ":" not in a)
    v6 = ", ".join(a for a in map(str, allowed) if ":" in a)
    # Neighbour discovery and multicast reports are how a link works, not a conversation.
    link = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, " \
           "nd-router-advert, mld-listener-report, mld2-listener-report } return"

    def chain(hook, interface, address):
        # So is a client's question to the LAN, which no router passes on.
        rules = [f'{interface} "lo" return', link, "meta l4proto igmp return",
                 "udp dport 5353 ip daddr 224.0.0.251 return",
                 "udp dport 5353 ip6 daddr ff02::fb return"]
        if v4:
            rules.append(f"ip {address} {{ {v4} }} counter name known return")
        if v6:
            rules.append(f"ip6 {address} {{ {v6} }} counter name known return")
        rules.append("counter name strangers")
        return f"chain {hook} {{ type filter hook {hook} priority filter; policy accept\n" + \
               "\n".join(rules) + "\n}"

    load(machine, "table inet lab_peers {\ncounter known { }\ncounter strangers { }\n"
          + chain("output", "oifname", "daddr") + "\n" + chain("input", "iifname", "saddr") + "\n}")


def peer_packets(machine):
    """{'known': packets, 'strangers': packets} since count_peers."""
    return counters(machine, "lab_peers")


def cut(machine, *, peer):
    """Drops every packet to and from an address, without a word: a dead link."""
    version = "ip6" if ":" in str(peer) else "ip"
    load(machine, f"""
        table inet lab_cut {{
            chain input {{
                type filter hook input priority -10
                {version} saddr {peer} drop
            }}
            chain output {{
                type filter hook output priority -10
                {version} daddr {peer} drop
            }}
        }}""")


def cut_lan(border):
    """The PCs of this LAN hear nothing of each other any more; the way out stays."""
    load(border, """
        table bridge lab_cut_lan {
            chain forward {
                type filter hook forward priority filter; policy drop
            }
        }""")


def mend_lan(border):
    border.run("nft", "delete", "table", "bridge", "lab_cut_lan")


def swallow(machine):
    """The machine is a black hole: it hears nobody, and nobody hears it."""
    load(machine, """
        table inet lab_cut {
            chain input { type filter hook input priority -10; iifname != "lo" drop; }
            chain output { type filter hook output priority -10; oifname != "lo" drop; }
        }""")


def refuse(router, pc, *addresses):
    """A router answers what this PC sends to these addresses by TCP with a reset."""
    those = ", ".join(addresses)
    load(router, f"""
        table inet lab_cut {{
            chain forward {{
                type filter hook forward priority -10
                ip saddr {pc.address} ip daddr {{ {those} }} meta l4proto tcp reject with tcp reset
                ip daddr {pc.address} ip saddr {{ {those} }} drop
            }}
        }}""")


def redirect(router, pc, address, port, to):
    """What this PC opens to an address and port comes out at a port of the router itself."""
    load(router, f"""
        table inet lab_redirect {{
            chain prerouting {{
                type nat hook prerouting priority dstnat
                ip saddr {pc.address} ip daddr {address} tcp dport {port} redirect to :{to}
            }}
        }}""")
    router.run("nft", "insert", "rule", "inet", "lab_filter", "input", "tcp", "dport", to, "accept")


def redirect_no_more(router):
    router.run("nft", "delete", "table", "inet", "lab_redirect")


def mend(machine):
    machine.run("nft", "delete", "table", "inet", "lab_cut")


def ruleset(machine):
    """Everything that decides on packets, as text, without counters."""
    return machine.run("nft", "--stateless", "list", "ruleset").stdout


def load(machine, text):
    """Adds these rules to what the machine has."""
    machine.run("nft", text)


def counters(machine, table):
    """{name: packets} of a table's named counters."""
    listed = machine.run("nft", "--json", "list", "counters", "table", "inet", table).stdout
    entries = (e["counter"] for e in json.loads(listed)["nftables"] if "counter" in e)
    return {c["name"]: c["packets"] for c in entries}
