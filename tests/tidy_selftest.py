"""Shows that tidy_test.py finds what it is there to find: each test plants one fault in a small tidy tree.

Run: python3 tests/tidy_selftest.py
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import tidy_test  # noqa: E402  (no .pyc beside the sources)

HEADER = "// What it is for.\n#pragma once\n"
TIDY = {
    "src/main.cc": '#include "app/run.h"\n',
    "src/app/CMakeLists.txt": "floor(app SOURCES run.cc) add_executable(x src/main.cc)\n",
    "src/app/run.h": HEADER,
    "src/app/run.cc": '#include "app/run.h"\n\n#include <CLI/CLI.hpp>\n\n#include "base/text.h"\n',
    "src/base/CMakeLists.txt": "floor(base SOURCES text.cc)\n",
    "src/base/text.h": HEADER,
    "src/base/text.cc": '#include "base/text.h"\n\n#include <unistd.h>\n#include <sys/un.h>\n#include <vector>\n',
    "src/net/CMakeLists.txt": "floor(net SOURCES loop.cc)\n",
    "src/net/loop.h": HEADER + '#include "probe/judge.h"\n',
    "src/net/loop.cc": "#include <ares.h>\n",
    "src/probe/judge.h": HEADER + '#include "base/text.h"\n',
    "tests/net/CMakeLists.txt": "unit_tests(net loop_test.cc)\n",
    "tests/net/loop_test.cc": '#include <gtest/gtest.h>\n#include <re2/re2.h>\n#include "support/peer.h"\n',
    "tests/support/CMakeLists.txt": "add_library(test_support STATIC peer.cc)\n",
    "tests/support/peer.h": HEADER + '#include "base/text.h"\n',
    "tests/support/peer.cc": '#include "support/peer.h"\n',
    "tests/fuzz/CMakeLists.txt": "fuzz_target(judge_fuzz probe)\n",
    "tests/fuzz/judge_fuzz.cc": '#include "probe/judge.h"\n',
}


def complaints(changes):
    """What the test says of the tidy tree with `changes` (path to content), as 'file:line: what' lines."""
    with tempfile.TemporaryDirectory() as root:
        for name, content in {**TIDY, **changes}.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return [f"{name}:{line}: {what}" for name, line, what in tidy_test.problems_of(pathlib.Path(root))]


def function_of(lines, head="void long_one() {"):
    return "\n".join([head] + ["  step();"] * (lines - 2) + ["}\n"])


class Faults(unittest.TestCase):
    def finds(self, changes, *wanted):
        found = complaints(changes)
        self.assertEqual(len(found), len(wanted), found)
        for line, start in zip(found, wanted):
            self.assertTrue(line.startswith(start), f"{line!r} is not {start!r}")

    def test_a_tidy_tree_has_none(self):
        self.finds({})

    def test_a_private_name_stands_in_one_file_of_a_floor(self):
        private = "namespace net {\nnamespace {\n\nbool is_good(int a) {\n  return a > 0;\n}\n\n}  // namespace\n}\n"
        lists = {"src/net/CMakeLists.txt": "floor(net SOURCES loop.cc more.cc)\n"}
        self.finds({**lists, "src/net/more.cc": private})
        self.finds({**lists, "src/net/more.cc": private, "src/net/loop.cc": private}, "src/net/more.cc:4: is_good is a")

    # Floors.

    def test_an_include_that_points_up(self):
        self.finds({"src/base/text.h": HEADER + '#include "net/loop.h"\n'},
                   'src/base/text.h:3: "net/loop.h" does not lie below base')

    def test_an_include_of_a_sibling(self):
        self.finds({"src/probe/judge.h": HEADER + '  #  include "net/loop.h"\n'},
                   'src/probe/judge.h:3: "net/loop.h" does not lie below probe')

    def test_a_floor_that_is_reached_but_not_listed(self):
        self.finds({"src/http/front.h": HEADER + '#include "probe/judge.h"\n'},
                   'src/http/front.h:3: "probe/judge.h" does not lie below http')

    def test_a_test_that_looks_up(self):
        self.finds({"tests/net/loop_test.cc": '#include "app/run.h"\n'},
                   'tests/net/loop_test.cc:1: "app/run.h" does not lie below net')

    def test_support_that_knows_the_code_under_test(self):
        self.finds({"tests/support/peer.h": HEADER + '#include "fastcgi/encode.h"\n'},
                   'tests/support/peer.h:3: "fastcgi/encode.h" does not lie below support')

    def test_a_header_beside_a_test(self):
        self.finds({"tests/net/loop_test.cc": '#include "silent_peer.h"\n', "tests/net/silent_peer.h": HEADER})

    def test_a_header_without_its_floor(self):
        self.finds({"src/base/text.cc": '#include "text.h"\n'}, 'src/base/text.cc:1: "text.h" is no header of a floor')

    def test_a_program_that_sees_its_tests(self):
        self.finds({"src/net/loop.cc": '#include "support/peer.h"\n'},
                   'src/net/loop.cc:1: "support/peer.h" is no header')

    def test_a_folder_that_is_no_floor(self):
        self.finds({"src/util/all.h": HEADER}, "src/util/all.h:1: src/util is no floor")

    def test_a_test_folder_that_mirrors_nothing(self):
        self.finds({"tests/util/CMakeLists.txt": "unit_tests(util all_test.cc)\n", "tests/util/all_test.cc": ""},
                   "tests/util/all_test.cc:1: tests/util mirrors no folder of src")

    # Libraries.

    def test_each_library_outside_its_floor(self):
        for library in ("prometheus/gauge.h", "httplib.h", "openssl/ssl.h", "zlib.h", "crypt.h", "yaml-cpp/yaml.h",
                        "re2/re2.h", "CLI/CLI.hpp", "spdlog/spdlog.h", "nlohmann/json.hpp"):
            self.finds({"src/net/loop.cc": f"#include <{library}>\n"},
                       f"src/net/loop.cc:1: <{library}> may only be included in ")
        self.finds({"src/base/text.cc": "#include <ares.h>\n"},
                   "src/base/text.cc:1: <ares.h> may only be included in net")

    def test_a_library_of_a_higher_floor_in_a_test(self):
        self.finds({"tests/net/loop_test.cc": "#include <httplib.h>\n"},
                   "tests/net/loop_test.cc:1: <httplib.h> may only be included in http")

    def test_a_library_nobody_decided_on(self):
        self.finds({"src/net/loop.cc": "#include <asio.hpp>\n#include <boost/asio.hpp>\n"},
                   "src/net/loop.cc:1: <asio.hpp> is neither", "src/net/loop.cc:2: <boost/asio.hpp> is neither")

    def test_a_test_library_in_the_program(self):
        self.finds({"src/net/loop.cc": "#include <gtest/gtest.h>\n"}, "src/net/loop.cc:1: <gtest/gtest.h> is neither")

    def test_the_whole_of_json_in_a_header(self):
        self.finds({"src/base/text.h": HEADER + "#include <nlohmann/json.hpp>\n"},
                   "src/base/text.h:3: <nlohmann/json.hpp> in a header")
        self.finds({"src/base/text.h": HEADER + "#include <nlohmann/json_fwd.hpp>\n"})
        self.finds({"src/base/text.cc": "#include <nlohmann/json.hpp>\n"})

    # Lengths.

    def test_a_long_file(self):
        self.finds({"src/net/loop.cc": "// x\n" * 400})
        self.finds({"src/net/loop.cc": "// x\n" * 401}, "src/net/loop.cc:401: 401 lines")
        self.finds({"tests/net/run.py": "# x\n" * 401}, "tests/net/run.py:401: 401 lines")

    def test_a_long_line(self):
        self.finds({"src/net/loop.cc": "//" + "x" * 118 + "\n//" + "é" * 118 + "\n"})
        self.finds({"src/net/loop.cc": "\n//" + "x" * 119 + "\n"}, "src/net/loop.cc:2: 121 columns")
        self.finds({"tests/net/run.py": "#" + "x" * 120 + "\n"}, "tests/net/run.py:1: 121 columns")

    def test_a_long_function(self):
        self.finds({"src/net/loop.cc": function_of(60)})
        self.finds({"src/net/loop.cc": "\n" + function_of(61)}, "src/net/loop.cc:2: a function of 61 lines")

    def test_a_long_function_in_every_dress(self):
        for head in ("namespace net {\nvoid f() {",
                     "class Loop {\n public:\n  void f() const override {",
                     "struct CAPABILITY(\"mutex\") Loop {\n  void f() {",
                     "namespace {\ntemplate <typename T, class U = std::vector<int>>\nvoid f(const T& t) {",
                     "TEST(Loop, Turns) {",
                     "Loop::Loop(int fd) : fd_(fd), names_{1, 2}, other_{} {",
                     "void f(Options options = {}, std::string s = \"{\") {",
                     "constexpr Row kRows[] = {\n    {\"a\", [](int x) {",
                     "enum class A { b, c };\nstruct B {\n  int x = 1;\n};\nint f() {",
                     "constexpr char kBrace = '{';\nconstexpr int kBig = 1'000'000;\nint f() {",
                     "#define OPEN {\n/* { */ // {\nconst char* kRaw = R\"x({ \" )x\";\nbool f() {"):
            lines = head.count("\n") + 1
            found = complaints({"src/net/loop.cc": head + "\n" + "  step();\n" * 60 + "}\n" + "}\n" * 2})
            self.assertEqual(len(found), 1, f"{head}: {found}")
            # Where the function starts: the last line of the head, or the line of its template<>.
            start = lines - 1 if "template" in head else lines
            self.assertTrue(found[0].startswith(f"src/net/loop.cc:{start}: a function of"), f"{head}: {found}")

    def test_what_is_long_but_no_function(self):
        rows = "    {\"name\", 1},\n" * 100
        self.finds({"src/net/loop.cc": "constexpr Row kRows[] = {\n" + rows + "};\n"})
        self.finds({"src/net/loop.cc": "const std::map<int, int> kMap{\n" + rows + "};\n"})
        self.finds({"src/net/loop.cc": "class Long {\n" + "  int x;\n" * 100 + "};\n"})
        self.finds({"src/net/loop.cc": "enum class Long {\n" + "  a,\n" * 100 + "};\n"})
        self.finds({"src/net/loop.cc": "namespace net {\n" + function_of(40) + function_of(40) + "}\n"})

    # Habits.

    def test_headers(self):
        self.finds({"src/net/loop.h": "#pragma once\n"}, "src/net/loop.h:1: a header starts with a comment")
        self.finds({"src/net/loop.h": "// What.\nint x;\n"}, "src/net/loop.h:1: #pragma once comes right after")
        self.finds({"src/net/loop.h": "// What.\nint x;\n#pragma once\n"}, "src/net/loop.h:1: #pragma once comes")
        self.finds({"src/net/loop.h": ""}, "src/net/loop.h:1: #pragma once", "src/net/loop.h:1: a header starts")
        self.finds({"tests/support/peer.h": "#pragma once\n"}, "tests/support/peer.h:1: a header starts")

    def test_leftovers(self):
        for word in ("TO" "DO", "FIX" "ME"):
            self.finds({"src/net/loop.cc": f"// {word}: later\n"}, f"src/net/loop.cc:1: {word}")
            self.finds({"tests/net/run.py": f"# {word} later\n"}, f"tests/net/run.py:1: {word}")

    def test_tests_that_do_not_run(self):
        self.finds({"tests/net/loop_test.cc": "  GTEST_" "SKIP();\n"}, "tests/net/loop_test.cc:1: GTEST_" "SKIP")
        self.finds({"tests/net/loop_test.cc": "TEST(A, DISABLED" "_b) {}\n"}, "tests/net/loop_test.cc:1: DISABLED" "_")
        self.finds({"tests/net/run.py": "@pytest" ".mark.skipif(x)\n"}, "tests/net/run.py:1: pytest" ".mark.skip")

    def test_sleeps(self):
        for call in ("std::this_thread::sleep_" "for(1s);", "usleep" "(5);", "::nanosleep" "(&t, nullptr);",
                     "sleep" "(1);", "sleep_" "until(t);"):
            self.finds({"tests/net/loop_test.cc": call + "\n"}, "tests/net/loop_test.cc:1: ")
        self.finds({"src/net/loop.cc": "int sleepers = 0;  // who sleeps here\n"})

    def test_silenced_linters(self):
        bare = "NO" "LINT"
        for line in (bare, bare + "(google-x)", bare + "NEXTLINE(a)", bare + ": "):
            self.finds({"src/net/loop.cc": f"int x;  // {line}\n"}, f"src/net/loop.cc:1: {bare} without a reason")
        for line in (bare + ": as std::expected", bare + "(google-x): the kernel's own name",
                     bare + "NEXTLINE(a): why", bare + "BEGIN(a): why"):
            self.finds({"src/net/loop.cc": f"int x;  // {line}\n"})

    def test_sources_that_nothing_compiles(self):
        self.finds({"src/net/extra.cc": ""}, "src/net/extra.cc:1: not named in the CMakeLists.txt")
        self.finds({"tests/net/op_test.cc": ""}, "tests/net/op_test.cc:1: not named in the CMakeLists.txt")
        self.finds({"src/net/oop.cc": "", "src/net/CMakeLists.txt": "floor(net SOURCES loop.cc l-oop.cc)\n"},
                   "src/net/oop.cc:1: not named in the CMakeLists.txt")
        self.finds({"src/app/CMakeLists.txt": "floor(app SOURCES run.cc)\n"}, "src/main.cc:1: not named")

    # The program around it.

    def test_its_exit_code_and_words(self):
        script = pathlib.Path(tidy_test.__file__)
        with tempfile.TemporaryDirectory() as root:
            def run(*arguments):
                return subprocess.run([sys.executable, "-B", script, *arguments], capture_output=True, text=True)
            self.assertEqual(run().returncode, 64)
            self.assertEqual(run(root).returncode, 64)  # no src in it
            pathlib.Path(root, "src", "base").mkdir(parents=True)
            self.assertEqual((run(root).returncode, run(root).stdout), (0, ""))
            pathlib.Path(root, "src", "base", "a.h").write_text("// What.\n")
            result = run(root)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stdout, "src/base/a.h:1: #pragma once comes right after the comment that starts a "
                                            "header\n")


if __name__ == "__main__":
    unittest.main()
