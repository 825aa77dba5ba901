"""The lab: whole programs in network namespaces, and what a person would see of them.

namespaces.py  one machine of a network          program.py   one running program, its log, its end
network.py     the topologies                    desktop.py   real desktops to be reached
firewall.py    NAT, counters, rulesets           viewer.py    real viewers that reach them
capture.py     what passed a link                pixels.py    screenshots and their comparison
traces.py      where a secret left a trace       tasuki.py    gateway, agent and client of Tasuki
services.py    small TCP services behind agents  hostile.py   peers that break the protocol
packages.py    tools and the package of each     waiting.py   waiting for something, with a limit
placements.py  where a gateway may stand        idleness.py   worlds in which nobody says a word
chaos.py       gateways that are hit            traffic.py    bytes and messages that are all counted
report.py      what a run of chaos came to
realm.py       two gateways, and what uses both  losses.py    how a line is lost
flow.py        bytes that are all counted        relay.py     somebody on the way to a gateway
measure.py     round trips and memory
"""
