"""A realm of two gateways in one profile, and sessions that may go over either.

    with Realm(directory) as realm:
        desk = realm.desk("pc", ports=2)           # an agent with two services behind it
        with realm.person("hanako").forward("pc", *desk.targets) as forward:
            here, there = desk.join(forward, 0)    # both ends of one connection through it
"""

from . import firewall
from .network import GATEWAY, SECOND_GATEWAY, SITES, two_gateways
from .tasuki import DONE, Agent
from .waiting import eventually
from .world import World

KEEPALIVE = 5  # seconds; with the 5 seconds for the answer, an agent's dead line is known after ten


class Realm(World):
    def __init__(self, directory):
        super().__init__(directory, topology=two_gateways, addresses=[GATEWAY, SECOND_GATEWAY],
                         prepare=self._copy)

    def _copy(self, first):
        first.configure(allow=SITES, keepalive=KEEPALIVE)
        self.spare_profile, self.spare_label = first.add_key(name="spare")
        self.first, self.second = first, first.second(self.network.second_gateway)
        self.second.run()

    @property
    def gateways(self):
        return self.first, self.second

    def desk(self, computer_id, ports=1, machine=None, profile=None, **configuration):
        return Desk(self, computer_id, ports, machine or self.office, profile or self.profile, configuration)

    def other(self, gateway):
        return self.second if gateway is self.first else self.first

    def carrying(self, computer_id):
        """The gateway through which this computer's only session goes. Both must be up."""
        def found():
            those = [g for g in self.gateways if computer_id in {pair["id"] for pair in g.pairs()}]
            return those[0] if len(those) == 1 else None
        return eventually(f"one gateway carries the session of {computer_id}", found, 30)

    def wait_for_agent(self, computer_id, seconds=15):
        eventually(f"{computer_id} is connected to a gateway",
                   lambda: any(computer_id in g.agents() for g in self.gateways if g.running.running()),
                   seconds)

    def cut_off(self, pc):
        """No way from this PC at home to any gateway any more: each try fails at once."""
        firewall.refuse(self.network.home_nat, pc, GATEWAY, SECOND_GATEWAY)

    def reconnect(self):
        firewall.mend(self.network.home_nat)


class Desk:
    """An agent, running, and ports on its machine at which the test itself answers."""

    def __init__(self, realm, computer_id, ports, machine, profile, configuration):
        self.realm, self.computer_id, self.machine = realm, computer_id, machine
        self._listeners = [machine.listen() for _ in range(ports)]
        numbers = [listener.getsockname()[1] for listener in self._listeners]
        targets = {f"desk{i}": (f"127.0.0.1:{number}", "tcp") for i, number in enumerate(numbers)}
        self.targets = list(targets)
        self.agent = Agent(machine, computer_id)
        done = self.agent.enroll(profile)
        assert done.exit_code == DONE, done
        self.agent.configure(targets=targets, **configuration)
        self.run()

    def run(self):
        self.agent.run()
        self.realm.wait_for_agent(self.computer_id)

    def join(self, forward, number=0):
        """A new connection through a forward: its end at the client, its end at the desk."""
        here = forward.open(number)
        self._listeners[number].settimeout(15)
        there = self._listeners[number].accept()[0]
        return here, there

    def log(self):
        return self.agent.running.output()

    def close(self):
        self.agent.running.stop()
        for listener in self._listeners:
            listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


_NEWS = {"en": {"lost": "The line to {} is lost", "back": "The line to {} is back"},
         "ja": {"lost": "{} への回線が切れました", "back": "{} への回線が "}}


def news_of_line(program, computer_id, language="en"):
    """What the person was told of the line, in order, in that language: 'lost' and 'back'."""
    told = []
    for line in program.output().splitlines():
        told += [word for word, beginning in _NEWS[language[:2]].items() if beginning.format(computer_id) in line]
    return told


def local_connections(machine):
    """TCP 4-tuples between programs of this machine."""
    return {pair for pair in machine.tcp_connections() if pair.count("127.0.0.1") == 2}
