#!/usr/bin/env python3
"""Feeds tools/check a small tree that keeps the rules, then breaks one rule at a time: each check must be able to fail."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADER = "// {role} of the sample tree.\n#pragma once\n{body}"
# Tokens that the checks look for are put together here, so that this file passes them itself.
SAMPLE = {
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 120\n",
    "CMakePresets.json": '{"configurePresets": [{"name": "dev"}, {"name": "base", "hidden": true}]}\n',
    "README.md": "# Sample\n\n```sh\ntools/run --fast\ncmake --preset dev && build/dev/bin/ottla produce orders\n```\n",
    "protocol/README.md": "# protocol\n",
    "protocol/include/ottla/protocol/word.hpp": HEADER.format(role="A wire word", body="inline int word = 1;\n"),
    "net/README.md": "# net\n",
    "net/include/ottla/cluster.hpp": HEADER.format(role="The cluster", body='#include "ottla/protocol/word.hpp"\n'),
    "net/src/core/lane.hpp": HEADER.format(role="A lane in private", body="struct lane {};\n"),
    "net/src/host/clock.cpp": "// The host may read the clock.\nauto now() { return std::chrono::steady_clock::now(); }\n",
    "client/README.md": "# client\n",
    "client/include/ottla/producer.hpp": HEADER.format(role="The producer", body='#include "ottla/cluster.hpp"\n'),
    "client/src/sender.cpp": '// Sends what is ready; never calls sleep_for or getenv.\n#include "core/lane.hpp"\n'
                             '#include "ottla/producer.hpp"\nconst char* say = "try to throw std::hash";\n'
                             "int million = 1'000'000;\n",
    "admin/README.md": "# admin\n",
    "admin/include/ottla/admin.hpp": HEADER.format(role="The operator's side", body='#include "ottla/cluster.hpp"\n'),
    "tests/README.md": "# tests\n",
    "tests/support/script.hpp": HEADER.format(role="A script for tests", body=""),
    "tests/unit/net/lane_test.cpp": '// A lane is tested from within.\n#include "core/lane.hpp"\n\n#include "support/script.hpp"\n',
    "tools/README.md": "# tools\n",
    "tools/ottla/README.md": "# tools/ottla\n",
    "tools/ottla/main.cpp": '// The table of commands.\nconst char* commands[] = {"produce"};\n',
    "tools/run": "#!/bin/sh\n# Runs the sample; understands --fast.\n",
}


class CheckSelftest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for path, text in SAMPLE.items():
            self.write(path, text)
        (self.root / "tools/run").chmod(0o755)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def append(self, path, text):
        self.write(path, (self.root / path).read_text() + text)

    def check(self, *names):
        chosen = [word for name in names for word in ("--only", name)]
        return subprocess.run([sys.executable, str(ROOT / "tools/check"), "--root", str(self.root), *chosen],
                              capture_output=True, text=True)

    def assert_fails(self, name, *words):
        done = self.check(name)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(f"FAIL  {name}", done.stdout)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_a_tree_that_keeps_every_rule_passes(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("FAIL", done.stdout)

    def test_one_broken_rule_is_the_only_one_reported(self):
        self.append("client/src/sender.cpp", "void f() { throw 1; }\n")
        done = self.check()
        self.assertEqual(done.stdout.count("FAIL"), 1, done.stdout)

    def test_protocol_may_not_include_net(self):
        self.append("protocol/include/ottla/protocol/word.hpp", '#include "ottla/cluster.hpp"\n')
        self.assert_fails("arrows", "word.hpp:4", "protocol may know only itself, not net")

    def test_admin_may_not_include_client(self):
        self.append("admin/include/ottla/admin.hpp", '#include "ottla/producer.hpp"\n')
        self.assert_fails("arrows", "admin may know net, protocol, not client")

    def test_admin_may_not_include_private_headers_of_net(self):
        self.append("admin/include/ottla/admin.hpp", '#include "core/lane.hpp"\n')
        self.assert_fails("arrows", "a private header of net")

    def test_the_dev_broker_may_not_include_net(self):
        self.write("tools/devbroker/src/broker.cpp", '// A broker for tests.\n#include "ottla/cluster.hpp"\n')
        self.assert_fails("arrows", "tools/devbroker may know protocol, not net")

    def test_nothing_includes_tests(self):
        self.append("net/src/core/lane.hpp", '#include "../../../tests/support/script.hpp"\n')
        self.assert_fails("arrows", "nothing includes tests")

    def test_service_may_not_include_private_headers_of_client(self):
        self.write("client/src/ring.hpp", HEADER.format(role="A ring in private", body=""))
        self.write("client/service/src/retry.cpp", '// Tries again later.\n#include "ring.hpp"\n')
        self.assert_fails("arrows", "a private header of client")

    def test_service_may_include_public_headers_of_admin_and_not_private_ones(self):
        self.write("admin/src/ask.hpp", HEADER.format(role="Asks", body=""))
        self.write("client/service/src/topics.cpp", '// Makes topics.\n#include "ottla/admin.hpp"\n')
        self.assertEqual(self.check("arrows").returncode, 0)
        self.write("client/service/src/topics.cpp", '// Makes topics.\n#include "ask.hpp"\n')
        self.assert_fails("arrows", "a private header of admin")

    def test_protocol_may_not_include_sockets_threads_or_openssl(self):
        for foreign in ("sys/socket.h", "thread", "openssl/ssl.h", "asio.hpp", "chrono"):
            self.write("protocol/src/word.cpp", f"// Words in bytes.\n#include <{foreign}>\n")
            self.assert_fails("arrows", f"<{foreign}>")

    def test_public_headers_of_net_may_not_include_asio_but_the_adapter_may(self):
        self.write("net/include/ottla/asio.hpp", HEADER.format(role="Completion tokens", body="#include <asio.hpp>\n"))
        self.assertEqual(self.check("arrows").returncode, 0)
        self.append("net/include/ottla/cluster.hpp", "#include <asio/io_context.hpp>\n")
        self.assert_fails("arrows", "cluster.hpp:4")

    def test_an_include_of_no_file_is_named(self):
        self.append("net/src/core/lane.hpp", '#include "core/line.hpp"\n')
        self.assert_fails("arrows", "core/line.hpp, which is no file of the tree")

    def test_each_source_of_nondeterminism_is_found_in_the_core(self):
        for code in ("std::unordered_map<int, int> m;", "std::hash<int> h;", "std::random_device d;",
                     "std::uniform_int_distribution<int> d;", "std::shuffle(a, b, g);", "int r = rand();",
                     "auto t = std::chrono::system_clock::now();", "auto t = steady_clock::now();",
                     "clock_gettime(CLOCK_MONOTONIC, &t);", "std::this_thread::sleep_for(1s);", "auto e = std::getenv(name);"):
            for folder in ("net/src/core", "client/src", "admin/src", "tests/sim"):
                with self.subTest(code=code, folder=folder):
                    self.write(f"{folder}/odd.cpp", f"// Differs from run to run.\n{code}\n")
                    self.assert_fails("nondeterminism", f"{folder}/odd.cpp:2")
                    (self.root / folder / "odd.cpp").unlink()

    def test_throw_try_and_catch_are_found_in_libraries(self):
        for code in ("throw 1;", "try { f(); } catch (...) {}"):
            self.write("net/src/odd.cpp", f"// Raises its voice.\nvoid g() {{ {code} }}\n")
            self.assert_fails("exceptions", "net/src/odd.cpp:2")

    def test_a_file_that_does_not_say_its_role_is_named(self):
        self.write("net/src/core/mute.hpp", "#pragma once\n")
        self.assert_fails("roles", "mute.hpp:1")

    def test_a_room_without_readme_is_named(self):
        (self.root / "net/README.md").unlink()
        self.assert_fails("roles", "net/ has no README.md")

    def test_a_machine_path_is_named(self):
        self.append("README.md", "Look in /" + "root/notes.\n")
        self.assert_fails("portable", "README.md")

    def test_a_foreign_host_is_named(self):
        self.append("README.md", "See https" + "://registry.corp.internal/x\n")
        self.assert_fails("portable", "registry.corp.internal")

    def test_a_row_of_features_names_a_header_and_a_test_that_exist(self):
        page = "docs/service/features.md"
        row = "| feature | API | tests |\n|---|---|---|\n| a lane | `ottla/cluster.hpp` | `lane.moves`, `tests/unit/net/lane_test.cpp` |\n"
        self.append("tests/unit/net/lane_test.cpp", "TEST(lane, moves) {}\n")
        self.write(page, row)
        self.assertEqual(self.check("features").returncode, 0)
        for good, bad, told in (("lane.moves", "lane.stops", "names lane.stops"), ("ottla/cluster.hpp", "ottla/cloud.hpp", "names ottla/cloud.hpp"),
                                ("tests/unit/net/lane", "tests/unit/net/road", "road_test.cpp, which is not there"),
                                ("`lane.moves`, `tests/unit/net/lane_test.cpp`", "by eye", "names no test"),
                                ("`ottla/cluster.hpp`", "", "empty cell"), ("| a lane", "a lane", "has no row")):
            self.write(page, row.replace(good, bad))
            self.assert_fails("features", told)

    def test_a_script_named_in_the_readme_must_exist_and_be_executable(self):
        self.append("README.md", "Run `tools/gone`.\n")
        self.assert_fails("readme", "README.md:7 names tools/gone, which is not there")
        self.write("tools/gone", "#!/bin/sh\n")
        self.assert_fails("readme", "cannot be executed")

    def test_an_option_named_in_the_readme_must_be_in_the_script(self):
        self.append("README.md", "```sh\ntools/run --slow\n```\n")
        self.assert_fails("readme", "--slow")

    def test_a_preset_named_in_the_readme_must_exist(self):
        self.append("README.md", "```sh\ncmake --preset base\n```\n")
        self.assert_fails("readme", "the preset base")

    def test_a_subcommand_named_in_the_readme_must_exist(self):
        self.append("README.md", "```sh\nbuild/release/bin/ottla teleport\n```\n")
        self.assert_fails("readme", "ottla teleport")

    def test_code_in_the_readme_must_be_that_of_the_named_file(self):
        self.write("examples/README.md", "# examples\n")
        self.write("examples/hello.cpp", "// Says hello.\nint main() { return 0; }\n")
        self.append("README.md", "\n<!-- from examples/hello.cpp -->\n```cpp\nint main() { return 0; }\n```\n")
        self.assertEqual(self.check("readme").returncode, 0)
        self.write("examples/hello.cpp", "// Says hello.\nint main() { return 1; }\n")
        self.assert_fails("readme", "README.md:10 differs from examples/hello.cpp")
        self.append("README.md", "\n```cpp\nint x;\n```\n")
        self.assert_fails("readme", "C++ that no file compiles")

    def test_generated_code_that_is_not_current_is_reported(self):
        self.write("protocol/generate.py", '"""Generates the sample."""\nimport sys\nsys.exit("fetch.cpp differs")\n')
        self.assert_fails("generated", "fetch.cpp differs")

    def test_generated_code_without_its_generator_is_reported(self):
        self.write("protocol/generated/fetch.cpp", "// Generated from the sample.\n")
        self.assert_fails("generated", "is not there")

    def test_a_file_that_is_not_formatted_is_named(self):
        self.write("net/src/core/wide.hpp", "// Too much room.\n#pragma once\nint   x  =  1;\n")
        self.assert_fails("format", "net/src/core/wide.hpp:3")

    def test_a_header_that_does_not_compile_alone_is_named_again_and_again(self):
        self.write("net/include/ottla/needy.hpp", HEADER.format(role="Needs another", body="inline std::size_t n = 0;\n"))
        self.assert_fails("headers", "net/include/ottla/needy.hpp does not compile alone")
        self.assert_fails("headers", "net/include/ottla/needy.hpp does not compile alone")

    def test_a_header_is_compiled_again_when_what_it_includes_changed(self):
        self.assertEqual(self.check("headers").returncode, 0)
        self.write("protocol/include/ottla/protocol/word.hpp", HEADER.format(role="A wire word", body="inline wort word = 1;\n"))
        self.assert_fails("headers", "net/include/ottla/cluster.hpp does not compile alone")

    def test_an_unknown_check_is_bad_usage(self):
        self.assertEqual(self.check("spelling").returncode, 2)


if __name__ == "__main__":
    unittest.main()
