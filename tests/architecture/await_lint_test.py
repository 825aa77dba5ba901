"""Does await_lint.py bite, and only where it should?"""

import importlib.util
import pathlib
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "await_lint.py"
spec = importlib.util.spec_from_file_location("await_lint", SCRIPT)
await_lint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(await_lint)


def reasons(body):
    function = "asio::awaitable<int> f(int a) {\n" + body + "\n}\n"
    return [reason for _, reason in await_lint.faults(function)]


OFFENDERS = {
    "await in a condition": [
        "if (co_await g()) h();",
        "if (auto x = co_await g(); x) h();",
        "if constexpr (true) { if (a && co_await g()) h(); }",
        "while (co_await g() > 0) h();",
        "do { h(); } while (co_await g());",
        "switch (co_await g()) { case 1: break; }",
        "for (int i = 0; i < co_await g(); ++i) h();",
        "for (auto x : co_await g()) h(x);",
        "if (a) h(); else if (co_await g()) h();",
    ],
    "await beside ?:": [
        "int x = a ? co_await g() : 0;",
        "co_return a ? co_await g() : co_await h();",
        "co_await (a ? g() : h());",
        "if (a) x = b ? 1 : co_await g();",
    ],
    "await beside throw": [
        "throw Error(co_await g());",
        "if (a) throw co_await g();",
    ],
    "await in a braced initialiser": [
        "Thing x{co_await g()};",
        "Thing x = {.a = co_await g()};",
        "co_return Thing{1, co_await g()};",
        "std::vector<int> x{1, co_await g()};",
        "h(Thing{.a = co_await g(), .b = 2});",
    ],
    "await beside a braced initialiser": [
        "co_await g(Thing{.a = 1});",
        "co_await g({1, 2});",
        "int x = co_await g(std::pair<int, int>{1, 2});",
        "Thing x = co_await g(Options{});",
    ],
    "await beside a capturing lambda": [
        "co_await g([a] { return a; });",
        "co_await g([&](int x) { return x + a; });",
        "int x = co_await g([this, a]() -> int { return a; });",
        "co_await g([=]() mutable { h(a); });",
    ],
    "await beside && or ||": [
        "bool x = a && co_await g();",
        "co_return co_await g() || a;",
        "h(a || co_await g());",
    ],
    "two awaits in one statement": [
        "int x = co_await g() + co_await h();",
    ],
    "await in a handler": [
        "try { h(); } catch (const Error& e) { co_await g(); }",
        "try { h(); } catch (...) { if (a) { co_await g(); } }",
    ],
}

INNOCENTS = [
    "co_await g();",
    "co_return co_await g();",
    "const int x = co_await g(a, 1);",
    "auto&& x = co_await g();",
    "x = co_await g<int>(a);",
    "if (a) co_await g();",
    "if (a && b) co_await g(); else co_await h();",
    "while (a > 0) a = co_await g();",
    "for (int i = 0; i < 3; ++i) co_await g(i);",
    "for (;;) { co_await g(); if (a ? b : c) break; }",
    "switch (a) { case 1: co_await g(); break; default: co_await h(); }",
    "Thing x{.a = 1}; co_await g(x);",
    "if (a ? b : c) co_await g();",
    "int x = a ? 1 : 2; co_await g(x); throw Error(x);",
    "co_await g(asio::redirect_error(asio::use_awaitable, error));",
    "co_await g([] { return 1; });",
    "{ const Deadline deadline(s, 10s); co_await s.accept(); }",
    "try { co_await g(); } catch (const Error&) { failed = true; } co_await h();",
    "co_spawn(loop, [a]() -> asio::awaitable<void> { co_await g(a); }, detached);",
    "const auto f = [&]() -> asio::awaitable<void> { co_await g(); }; co_await h(f);",
    "const auto f = [&] { return Thing{a ? 1 : 2}; }; co_await h(f);",
    "array[a] = co_await g();",
    "co_await g(names[a]);",
    "// if (co_await g())\nh();",
    'h("if (co_await g())");',
    'h(R"(x ? co_await g() : 0)");',
    "if (a) {} co_await g();",
    "struct Local { int x = 1; }; co_await g();",
    "if (const auto x = h(); x) { const int y = co_await g(); }",
]


class AwaitLint(unittest.TestCase):
    def test_bites_each_form_that_is_miscompiled(self):
        for reason, bodies in OFFENDERS.items():
            for body in bodies:
                with self.subTest(body):
                    self.assertIn(reason, reasons(body))

    def test_lets_awaits_pass_that_are_statements_of_their_own(self):
        for body in INNOCENTS:
            with self.subTest(body):
                self.assertEqual(reasons(body), [])

    def test_names_the_line(self):
        text = "// one\n/* two\nthree */\nvoid f() {\n  if (co_await g()) h();\n}\n"
        self.assertEqual(list(await_lint.faults(text)), [(5, "await in a condition")])

    def test_sees_both_faults_of_a_file(self):
        self.assertEqual(len(reasons("if (co_await g()) h();\nx = a ? co_await g() : 1;")), 2)


if __name__ == "__main__":
    unittest.main()
