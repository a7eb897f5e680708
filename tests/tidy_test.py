"""Keeps the house in order: which floor may include which, which library is used where, how long a file, a function
and a line may be, and a few habits. Prints every problem as file:line: what, and fails when there is one.

Run: python3 tests/tidy_test.py SOURCE_DIR
"""

import pathlib
import re
import sys

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_COLUMNS = 120

# What each floor stands on, exactly: an include may only point down. To allow one more, say why in the commit.
FLOORS = {
    "base": "",
    "fastcgi": "base",
    "phpfpm": "base",
    "exposition": "base",
    "probe": "fastcgi phpfpm exposition base",
    "net": "probe fastcgi base",
    "state": "probe phpfpm exposition base",
    "config": "probe base",
    "schedule": "net state probe fastcgi base",
    "discovery": "config net phpfpm base",
    "metrics": "state probe phpfpm exposition base",
    "http": "net config base",
    "web": "http metrics state config net probe phpfpm exposition base",
    "app": "web schedule discovery metrics http net state config probe fastcgi phpfpm exposition base",
}
FLOORS = {floor: set(below.split()) for floor, below in FLOORS.items()}

# The start of an include, and the floors that may use that library.
LIBRARIES = {
    "prometheus/": "metrics",
    "httplib.h": "http",
    "openssl/": "http",
    "zlib.h": "http",
    "crypt.h": "http",
    "ares.h": "net",
    "yaml-cpp/": "config",
    "xxhash.h": "config",
    "re2/": "probe",
    "CLI/": "app",
    "spdlog/": "base",
    "nlohmann/": "base config phpfpm discovery metrics web app",
}
LIBRARIES = {library: set(floors.split()) for library, floors in LIBRARIES.items()}
TEST_LIBRARIES = ("gtest/", "gmock/", "nlohmann/", "benchmark/")  # for every test

SYSTEM_FOLDERS = {"arpa", "linux", "net", "netinet", "netpacket", "sys"}
SYSTEM_HEADERS = set("""dirent dlfcn errno fcntl fnmatch glob grp ifaddrs limits malloc netdb poll pthread pwd
    sched signal spawn stdint stdio stdlib string time ucontext unistd""".split())

# Folders of tests/ that mirror no floor, and the floors that their files may see.
SPECIAL_TEST_FOLDERS = {"support": {"base"}, "fuzz": set(FLOORS), "bench": set(FLOORS), "end_to_end": set()}

# In pieces, so that this file does not break its own rules.
LEFTOVERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
SKIPPED_TESTS = re.compile(r"GTEST_" r"SKIP|\bDISABLED" r"_|pytest\.(?:mark\.)?(?:skip|xfail)|unittest\.skip")
SLEEPS = re.compile(r"\bsleep_(?:for|until)\b|(?<![.\w])(?:u|nano)?sleep\s*\(")
BARE_NOLINT = re.compile(r"NOLINT(?!END)(?:NEXTLINE|BEGIN|(?!NEXTLINE|BEGIN))(?:\([^)]*\)|(?!\())(?!: \S)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Comments, raw strings, strings, characters (not the ' between digits).
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'""", re.DOTALL)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
ACCESS = ("public", "protected", "private")
# A name that only its file sees: what stands in an unnamed namespace, at the start of a line.
PRIVATE_NAME = re.compile(
    r"(?:template<[^;{]*>\s+)?(?:(?:class|struct|enum|union)\s+(?:class\s+)?|[A-Za-z_][\w:<>,&*\[\] ]*?[ &*])(\w+)"
    r"(?: final)?(?: : [^{;]*)?\s*[({=;\[]")
NO_NAME = ("using", "namespace", "TEST", "INSTANTIATE", "static_assert")
SCOPE = re.compile(r"(?:inline\s+)?(?:namespace|class|struct|union|enum)\b|extern\b\s*$")


class File:
    """One file of the tree: its place, its lines, and what is wrong with it."""

    def __init__(self, root, path):
        self.path = path
        self.name = str(path.relative_to(root))
        self.parts = path.relative_to(root).parts
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.splitlines()
        self.problems = []

    def complain(self, line, what):
        self.problems.append((self.name, line, what))

    @property
    def is_cpp(self):
        return self.path.suffix in (".h", ".cc")

    @property
    def is_header(self):
        return self.path.suffix == ".h"

    @property
    def is_test(self):
        return self.parts[0] == "tests"

    @property
    def floor(self):
        """The folder of src/ or tests/ it stands in; src/main.cc belongs to the top floor."""
        return self.parts[1] if len(self.parts) > 2 else "app"


def floors_below(floor):
    """All floors that can be reached from `floor`, itself included: what a test of it may see."""
    seen = {floor}
    for below in FLOORS[floor]:
        seen |= floors_below(below)
    return seen


def floors_visible_to(file):
    if file.is_test and file.floor in SPECIAL_TEST_FOLDERS:
        return SPECIAL_TEST_FOLDERS[file.floor]
    if file.floor not in FLOORS:
        return set()
    return floors_below(file.floor) if file.is_test else FLOORS[file.floor] | {file.floor}


def check_own_include(file, number, target):
    floor = target.split("/")[0]
    if file.is_test and (target.startswith("support/") or (file.path.parent / target).is_file()):
        return
    if "/" not in target or floor not in FLOORS:
        file.complain(number, f'"{target}" is no header of a floor: write "floor/name.h"')
    elif floor not in floors_visible_to(file):
        file.complain(number, f'"{target}" does not lie below {file.floor}: an include may only point down')


def is_system(target):
    if "." not in target and "/" not in target:
        return True  # the C++ standard library
    folder, _, _ = target.rpartition("/")
    return folder.split("/")[0] in SYSTEM_FOLDERS if folder else target.removesuffix(".h") in SYSTEM_HEADERS


def check_library_include(file, number, target):
    if is_system(target) or (file.is_test and target.startswith(TEST_LIBRARIES)):
        return
    library = next((known for known in LIBRARIES if target.startswith(known)), None)
    if library is None:
        file.complain(number, f"<{target}> is neither a system header nor a library in the table of this test")
        return
    allowed = LIBRARIES[library]
    sees_it = allowed & floors_visible_to(file) if file.is_test else file.floor in allowed
    if not sees_it:
        file.complain(number, f"<{target}> may only be included in {', '.join(sorted(allowed))}")
    elif target == "nlohmann/json.hpp" and file.is_header and not file.is_test:
        file.complain(number, "<nlohmann/json.hpp> in a header costs every file that includes it 3 s: use json_fwd.hpp")


def check_includes(file):
    for number, line in enumerate(file.lines, 1):
        include = INCLUDE.match(line)
        if include and include[1] == '"':
            check_own_include(file, number, include[2])
        elif include:
            check_library_include(file, number, include[2])


def check_header(file):
    first = file.lines[0] if file.lines else ""
    if not re.match(r"// \S", first):
        file.complain(1, "a header starts with a comment that says what it is for")
    code = [line for line in file.lines if line.strip() and not line.startswith("//")]
    if not code or code[0] != "#pragma once":
        file.complain(1, "#pragma once comes right after the comment that starts a header")


def check_lines(file):
    if len(file.lines) > MAX_FILE_LINES:
        file.complain(MAX_FILE_LINES + 1, f"{len(file.lines)} lines: a file has at most {MAX_FILE_LINES}")
    for number, line in enumerate(file.lines, 1):
        if len(line) > MAX_COLUMNS:
            file.complain(number, f"{len(line)} columns: a line has at most {MAX_COLUMNS}")
        if found := LEFTOVERS.search(line):
            file.complain(number, f"{found[0]}: finish it, or leave it out")
        if found := SKIPPED_TESTS.search(line):
            file.complain(number, f"{found[0]}: a test that does not run shows nothing")
        if file.is_cpp and (found := SLEEPS.search(line)):
            file.complain(number, f"{found[0]}: wait for an event, not for time to pass")
        if file.is_cpp and BARE_NOLINT.search(line):
            file.complain(number, "NOLINT without a reason: write NOLINT(check): why")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def code_only(text):
    """The text with comments, literals and preprocessor lines blanked out; every line keeps its number."""
    return PREPROCESSOR.sub(blank, NOT_CODE.sub(blank, text))


def without_template(head):
    """`head` without the template<...> in front of it, whose `class` would look like a class."""
    start = re.match(r"\s*template\s*<", head)
    if not start:
        return head
    depth = 1
    for index in range(start.end(), len(head)):
        depth += {"<": 1, ">": -1}.get(head[index], 0)
        if depth == 0:
            return without_template(head[index + 1:])
    return head


def kind_of_brace(head):
    """What the brace after `head` opens, when no function is open: a scope, a function, or a list of values."""
    stripped = without_template(head).strip()
    if SCOPE.match(stripped):
        return "scope"
    is_list = not head[-1:].isspace() or stripped.endswith(("=", ",", "(", "return")) or "(" not in stripped
    return "list" if is_list else "function"


def functions(text):
    """(first line, last line) of every function that stands in no other one. Right for code that clang-format wrote in
    Google's style, where a body has a space before its brace and a list of values that follows a name has none."""
    found = []
    code = code_only(text)
    stack = []  # (kind, head before the brace, where that head starts)
    head_start = 0
    head = ""
    for at, character in enumerate(code):
        in_function = any(kind in ("function", "block") for kind, _, _ in stack)
        if character == "{":
            kind = "block" if in_function else kind_of_brace(head)
            stack.append((kind, head, head_start))
            head, head_start = "", at + 1
        elif character == "}" and stack:
            kind, before, start = stack.pop()
            if kind == "function":
                first = start + len(before) - len(before.lstrip())
                found.append((code.count("\n", 0, first) + 1, code.count("\n", 0, at) + 1))
            # After a list of values the same statement goes on.
            head, head_start = (before + "_", start) if kind == "list" else ("", at + 1)
        elif character == ";" or (character == ":" and head.strip() in ACCESS):
            head, head_start = "", at + 1
        else:
            head += character
    return found


def check_functions(file):
    for first, last in functions(file.text):
        length = last - first + 1
        if length > MAX_FUNCTION_LINES:
            file.complain(first, f"a function of {length} lines: at most {MAX_FUNCTION_LINES}")


def check_named_in_cmake(file):
    folders = [file.path.parent]
    if file.parts[:2] == ("src", "main.cc"):
        folders.append(file.path.parent / "app")
    lists = [folder / "CMakeLists.txt" for folder in folders]
    texts = [path.read_text(encoding="utf-8") for path in lists if path.is_file()]
    name = re.compile(r"(?<![\w.-])" + re.escape(file.path.name) + r"(?![\w.-])")
    # A file that is named by a rule, as fuzz_target(NAME floor) does, counts by its stem.
    stem = re.compile(r"\w+\(\s*" + re.escape(file.path.stem) + r"\b")
    if not any(name.search(text) or stem.search(text) for text in texts):
        file.complain(1, "not named in the CMakeLists.txt of its folder: nothing compiles it")


def private_names(text):
    """(name, line) of every function, constant and type in the unnamed namespaces of `text`."""
    found = []
    inside = False
    for number, line in enumerate(code_only(text).splitlines(), 1):
        if line.startswith("namespace {"):
            inside = True
        elif line.startswith("}") and inside and text.splitlines()[number - 1].startswith("}  // namespace"):
            inside = False
        elif inside and not line.startswith(NO_NAME) and (name := PRIVATE_NAME.match(line)):
            found.append((name[1], number))
    return found


def check_private_names(files):
    """The files of a floor are compiled together: what two of them call alike would be one thing, or the wrong one."""
    places = {}
    for file in files:
        if file.path.suffix != ".cc" or file.floor in ("fuzz", "bench", "end_to_end"):
            continue
        for name, number in private_names(file.text):
            folder = file.path.parent
            first = places.setdefault((folder, name), file)
            if first is not file and name != "PrintTo":
                file.complain(number, f"{name} is a private name of {first.name}, too: one helper, or two names")


def check_place(root, file):
    if len(file.parts) > 2 and not file.is_test and file.floor not in FLOORS:
        file.complain(1, f"src/{file.floor} is no floor in the table of this test")
    if file.is_test and file.floor not in SPECIAL_TEST_FOLDERS and not (root / "src" / file.floor).is_dir():
        file.complain(1, f"tests/{file.floor} mirrors no folder of src")


def check_cpp(root, file):
    check_place(root, file)
    check_includes(file)
    check_functions(file)
    if file.is_header:
        check_header(file)
    else:
        check_named_in_cmake(file)


def problems_of(root):
    """Every problem in the tree at `root`, as (file, line, what), sorted."""
    files = []
    for top in ("src", "tests"):
        for path in sorted((root / top).rglob("*")):
            if not path.is_file() or path.suffix not in (".h", ".cc", ".py"):
                continue
            file = File(root, path)
            check_lines(file)
            if file.is_cpp:
                check_cpp(root, file)
            files.append(file)
    check_private_names(files)
    return sorted(problem for file in files for problem in file.problems)


def main(arguments):
    if len(arguments) != 2 or not (pathlib.Path(arguments[1]) / "src").is_dir():
        print(f"usage: {arguments[0]} SOURCE_DIR, the directory that holds src and tests", file=sys.stderr)
        return 64
    problems = problems_of(pathlib.Path(arguments[1]).resolve())
    for name, line, what in problems:
        print(f"{name}:{line}: {what}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
