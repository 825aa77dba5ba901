"""TCP forwarding: several ports at once, big files both ways, streams that end one way first."""

import hashlib
import http.client
import os
import threading

import pytest
from support.packages import tool
from support.services import Service, digester, greeter, read_all, read_exactly
from support.waiting import eventually

MEBIBYTES = 48


@pytest.fixture(scope="module")
def web(world):
    """nginx on the office PC's loopback, with one big file."""
    root = world.office.directory / "web"
    (root / "logs").mkdir(parents=True)
    root.chmod(0o755)
    content = os.urandom(MEBIBYTES << 20)
    (root / "big").write_bytes(content)
    port = world.office.free_port()
    (root / "nginx.conf").write_text(f"""
        user root;
        daemon off;
        pid {root}/pid;
        error_log {root}/logs/error.log;
        events {{ }}
        http {{
            access_log off;
            client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
            fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
            server {{ listen 127.0.0.1:{port}; root {root}; }}
        }}""")
    server = world.office.start(tool("nginx"), "-e", root / "logs/error.log", "-c", root / "nginx.conf")
    eventually("nginx listens", lambda: world.office.answers("127.0.0.1", port))
    yield port, hashlib.sha256(content).hexdigest()
    server.stop()


@pytest.fixture(scope="module")
def office(world, web):
    """An agent with named targets, and rules for the rest of its network."""
    with greeter(world.office, b"echo service\n") as echo, digester(world.office) as digest, \
            greeter(world.office, b"not allowed\n") as closed:
        world.agent("services", targets={
            "web": (f"127.0.0.1:{web[0]}", "tcp"), "digest": (f"127.0.0.1:{digest.port}", "tcp"),
            "nobody": (f"127.0.0.1:{world.office.free_port()}", "tcp"),
        }, allow=[f"127.0.0.1/32:{echo.port}"])
        world.echo, world.digest, world.closed = echo, digest, closed
        world.reader = world.person("reader")
        yield world


def download(machine, port, path="/big"):
    with machine.inside():
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", path)
    answer = client.getresponse()
    digest, length = hashlib.sha256(), 0
    while part := answer.read(1 << 16):
        digest.update(part)
        length += len(part)
    return answer.status, length, digest.hexdigest()


def ends_without_a_byte(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_big_file_comes_down_unchanged(office, web):
    with office.reader.forward("services", "web").ready() as forward:
        assert download(office.home, forward.ports[0]) == (200, MEBIBYTES << 20, web[1])


def test_a_big_file_goes_up_unchanged_and_its_end_is_heard(office):
    content = os.urandom(MEBIBYTES << 20)
    with office.reader.forward("services", "digest") as forward, forward.open(timeout=60) as connection:
        connection.sendall(content)
        connection.shutdown(1)  # our direction ends; the answer comes on the other
        assert read_all(connection).decode() == f"{len(content)} {hashlib.sha256(content).hexdigest()}"


def test_several_forwards_of_one_command_work_at_once(office, web):
    targets = ["web", "digest", f"127.0.0.1:{office.echo.port}"]
    with office.reader.forward("services", *targets) as forward:
        with forward.open(1) as digest, forward.open(2) as echo:
            assert read_exactly(echo, 13) == b"echo service\n"
            digest.sendall(b"first half, ")
            results = []
            threads = [threading.Thread(target=lambda: results.append(download(office.home, forward.ports[0])))
                       for _ in range(3)]
            for thread in threads:
                thread.start()
            for number in range(200):  # the small talk goes on beside the downloads
                line = b"line %d\n" % number
                echo.sendall(line)
                assert read_exactly(echo, len(line)) == line
            for thread in threads:
                thread.join(60)
            assert results == [(200, MEBIBYTES << 20, web[1])] * 3
            digest.sendall(b"second half")
            digest.shutdown(1)
            assert read_all(digest).decode().startswith("23 ")


def test_a_reader_that_stops_reading_holds_up_nobody_else(office, web):
    with office.reader.forward("services", "web", f"127.0.0.1:{office.echo.port}") as forward:
        with forward.open(0) as stalled, forward.open(1) as echo:
            stalled.sendall(b"GET /big HTTP/1.0\r\n\r\n")
            assert read_exactly(stalled, 1)
            assert read_exactly(echo, 13) == b"echo service\n"
            for number in range(100):
                echo.sendall(b"%05d" % number)
                assert read_exactly(echo, 5) == b"%05d" % number
            head, _, body = read_all(stalled).partition(b"\r\n\r\n")
            assert b"200 OK" in head and hashlib.sha256(body).hexdigest() == web[1]


def test_the_answer_may_end_before_the_question(office):
    """The service ends its direction at once; what we still send must not break the connection."""
    heard = []

    def serve(connection):
        connection.sendall(b"all I have to say")
        connection.shutdown(1)
        heard.append(read_all(connection))

    with Service(office.office, serve) as service:
        office.agent("briefly", targets={"brief": (f"127.0.0.1:{service.port}", "tcp")})
        with office.reader.forward("briefly", "brief") as forward, forward.open() as connection:
            assert read_all(connection) == b"all I have to say"
            connection.sendall(b"and yet")
            connection.shutdown(1)
            eventually("the rest arrives", lambda: heard == [b"and yet"])


def test_a_target_that_no_rule_allows_is_refused_and_the_others_go_on(office):
    forbidden, allowed = f"127.0.0.1:{office.closed.port}", f"127.0.0.1:{office.echo.port}"
    with office.reader.forward("services", forbidden, allowed) as forward:
        with forward.open(0) as refused:
            assert ends_without_a_byte(refused)
        eventually("the message names the target", lambda: forbidden in forward.program.output())
        with forward.open(1) as echo:
            assert read_exactly(echo, 13) == b"echo service\n"
        assert forward.program.running()
    assert office.closed.accepted == 0


def test_a_target_at_which_nobody_listens_is_reported_and_the_others_go_on(office):
    with office.reader.forward("services", "nobody", "web") as forward:
        with forward.open(0) as refused:
            assert ends_without_a_byte(refused)
        eventually("the message names the target", lambda: "nobody" in forward.program.output())
        assert download(office.home, forward.ready(1).ports[1])[0] == 200


def test_a_busy_local_port_never_stops_the_others(office):
    with office.home.listen() as occupied:
        busy, free = occupied.getsockname()[1], office.home.free_port()
        program = office.reader.start(
            "forward", "services", f"{busy}:web", f"{free}:127.0.0.1:{office.echo.port}",
            secrets={"--password-fd": office.reader.password})
        eventually("the free port listens",
                   lambda: f"127.0.0.1:{free}" in office.home.listeners(), seconds=15)
        with office.home.connect("127.0.0.1", free) as echo:
            assert read_exactly(echo, 13) == b"echo service\n"
        assert str(busy) in program.output(), "the message names the busy port"
        program.stop()


def test_a_forward_binds_to_loopback_unless_told_otherwise(office):
    address = office.home.address
    port = office.home.free_port()
    before = office.home.listeners()
    program = office.reader.start(
        "forward", "services", f"{port}:web", f"{address}:{port}:web",
        secrets={"--password-fd": office.reader.password})
    eventually("both listen", lambda: office.home.listeners() - before ==
               {f"127.0.0.1:{port}", f"{address}:{port}"}, seconds=15)
    program.stop()
    eventually("both are gone", lambda: office.home.listeners() == before)
