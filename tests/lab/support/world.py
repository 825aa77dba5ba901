"""A whole small world: an office, a home, a gateway between them, and Tasuki on each.

    with World(directory) as world:
        agent = world.agent("reception")          # on the office PC, enrolled and running
        person = world.person("hanako")           # on the home PC, with the profile
"""

from . import network as networks
from .tasuki import DONE, Agent, Gateway, Person
from .waiting import eventually


class World:
    def __init__(self, directory, ipv6=False, topology=networks.two_nats, prepare=None, addresses=None):
        self.directory = directory
        self._addresses = addresses  # of the gateway, for the profile; None: all that it has
        self._topology = topology(directory, ipv6=ipv6)
        self._prepare = prepare  # called with the gateway between init and run

    def __enter__(self):
        self.network = self._topology.__enter__()
        try:
            machine = self.network.gateway
            every = [machine.address] + ([f"[{machine.address6}]:443"] if self.network.ipv6 else [])
            self.gateway = Gateway(machine, addresses=self._addresses or every)
            self.gateway.init()
            # Many peers of a test stand behind one NAT, as an office's do.
            self.gateway.configure(allow=networks.SITES)
            if self._prepare:
                self._prepare(self.gateway)
            self.gateway.run()
            self.profile = self.gateway.first_profile
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._topology.__exit__(None, None, None)

    @property
    def office(self):
        return self.network.office

    @property
    def home(self):
        return self.network.home

    def agent(self, computer_id, machine=None, profile=None, targets=None, allow=None, **options):
        """Enrols an agent and runs it until the gateway knows it."""
        made = Agent(machine or self.office, computer_id, **options)
        done = made.enroll(profile or self.profile)
        assert done.exit_code == DONE, done
        if targets is not None or allow is not None:
            made.configure(targets=targets, allow=allow)
        made.run()
        self.wait_for_agent(computer_id)
        return made

    def wait_for_agent(self, computer_id, seconds=15):
        eventually(f"{computer_id} is connected to the gateway",
                   lambda: computer_id.lower() in self.gateway.agents(), seconds, every=0.1)

    def person(self, name="person", machine=None, profile=None, **options):
        made = Person(machine or self.home, name, **options)
        done = made.add_profile(profile or self.profile)
        assert done.exit_code == DONE, done
        return made
