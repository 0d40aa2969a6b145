#!/usr/bin/env python3
"""Flips each comparison, connective, constant and sign of the engine in turn and runs the engine's
tests: a mutant that no test notices is a rule that no test holds.

    tests/mutation/mutate.py                 all files, about ten minutes on two cores
    tests/mutation/mutate.py breaker verdict those files only
    tests/mutation/mutate.py --list          what would be flipped

Survivors are printed and the exit code is 1, unless equivalent.txt says why a mutant cannot be
noticed. A line there that no mutant answers to, or whose mutant is killed, is an error too.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ENGINE = ROOT / "core" / "engine"
FILES = ["breaker", "budget", "keys", "limits", "next_move", "purse", "queues", "retry_delay",
         "routing", "targets", "undecided", "verdict", "window"]
# The quick ones first: most mutants die there. Numbers that are enough to kill, not to prove.
TESTS = ["parts", "retry", "waits", "keys", "limits", "edited", "estimates", "health", "breaker", "holds", "reroute",
         "streams", "money", "memory", "reference", "exhaustive", "worlds", "cascade"]
EFFORT = {"BROWNOUT_DEPTH": "3", "BROWNOUT_WORLDS": "4000", "QT_QPA_PLATFORM": "offscreen"}

FLIPS = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "),
    (r" \+= ", " -= "), (r" -= ", " += "), (r"\+\+", "--"), (r"--", "++"),
    (r"\bstd::min\b", "std::max"), (r"\bstd::max\b", "std::min"),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"(?<=[( ])!(?=\w)", ""),
]
NUMBER = re.compile(r"(?<![\w.'])(\d+(?:\.\d+)?)(?![\w.'])")


class Mutant:
    def __init__(self, file, number, twin, line, start, end, new):
        self.file, self.number = file, number
        self.old, self.new = line[start:end].strip(), new.strip()
        self.line = line[:start] + new + line[end:]
        nth = len(re.findall(re.escape(self.old), line[:start])) + 1
        where = f" ({nth})" if len(re.findall(re.escape(self.old), line)) > 1 else ""
        which = f" [{twin}]" if twin > 1 else ""  # of several equal lines
        self.key = f"{file} | {line.strip()}{which} | {self.old} -> {self.new or 'nothing'}{where}"


def mutants(file):
    lines = (ENGINE / f"{file}.cpp").read_text().split("\n")
    seen = collections.Counter()
    for number, line in enumerate(lines):
        seen[line.strip()] += 1
        twin = seen[line.strip()]
        code = line.split("//")[0]
        if code.lstrip().startswith(("#", "template", "BROWNOUT_CHECK")):
            continue
        for pattern, new in FLIPS:
            for m in re.finditer(pattern, code):
                yield Mutant(file, number, twin, line, m.start(), m.end(), new)
        for m in NUMBER.finditer(code):
            value = m.group(1)
            new = str(float(value) * 2 or 1.0) if "." in value else str(int(value) + 1)
            yield Mutant(file, number, twin, line, m.start(), m.end(), new)


def run(command, **more):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


class Lab:
    def __init__(self, build, compiler):
        self.build, self.compiler = build, compiler
        self.place = threading.local()
        self.names = iter(range(1000))

    def folder(self):
        if not hasattr(self.place, "path"):
            self.place.path = self.build / f"mutant{next(self.names)}"
            self.place.path.mkdir(exist_ok=True)
        return self.place.path

    def judge(self, mutant):
        """What killed it, or None."""
        folder = self.folder()
        lines = (ENGINE / f"{mutant.file}.cpp").read_text().split("\n")
        lines[mutant.number] = mutant.line
        source, thing = folder / f"{mutant.file}.cpp", folder / f"{mutant.file}.o"
        source.write_text("\n".join(lines))
        # Warnings that the ordinary build makes errors are no tests: they are off. Reading past
        # the end of a vector is noticed.
        if run([self.compiler, "-std=c++20", "-O0", "-w", "-D_GLIBCXX_ASSERTIONS", "-fPIC", f"-I{ROOT / 'core'}", "-c",
                str(source), "-o", str(thing)]).returncode != 0:
            return "compiler"
        objects = self.build / "CMakeFiles" / "engine.dir"
        others = [str(o) for o in objects.rglob("*.o") if o.name != f"{mutant.file}.cpp.o"]
        run([self.compiler, "-shared", "-o", str(folder / "libengine.so"), str(thing), *others],
            check=True)
        return self.tests(folder)

    def tests(self, folder):
        env = {**os.environ, **EFFORT, "LD_LIBRARY_PATH": str(folder)}
        for test in TESTS:
            try:
                if run([str(self.build / f"test_engine_{test}")], env=env,
                       timeout=60).returncode != 0:
                    return test
            except subprocess.TimeoutExpired:
                return f"{test} (does not end)"
        return None


def known_equivalents():
    """key -> reason"""
    known = {}
    for line in (HERE / "equivalent.txt").read_text().split("\n"):
        if line and not line.startswith("#"):
            key, _, reason = line.rpartition(" | ")
            known[key] = reason
    return known


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", default=FILES, help="without .cpp")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "mutation")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--compiler", default=os.environ.get("CXX", "c++"))
    parser.add_argument("--match", help="only mutants in whose line this occurs")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    all_mutants = [m for file in options.files for m in mutants(file)
                   if not options.match or options.match in m.key]
    if options.list:
        print("\n".join(m.key for m in all_mutants))
        return 0
    build = options.build.resolve()
    subprocess.run(["cmake", "-S", str(HERE), "-B", str(build), "-G", "Ninja",
                    f"-DCMAKE_CXX_COMPILER={options.compiler}"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", str(build), f"-j{options.jobs}"], check=True,
                   stdout=subprocess.DEVNULL)
    lab = Lab(build, options.compiler)
    if lab.tests(build) is not None:
        print("the tests fail without any mutation", file=sys.stderr)
        return 2
    known = known_equivalents()
    killed, survivors, equivalent, wrong = 0, [], 0, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, by in zip(all_mutants, pool.map(lab.judge, all_mutants)):
            if by is None and mutant.key in known:
                equivalent += 1
            elif by is None:
                survivors.append(mutant)
                print(f"survives: {mutant.key}", flush=True)
            else:
                killed += 1
                if mutant.key in known:
                    wrong.append(f"killed by {by}, so not equivalent: {mutant.key}")
    keys = {m.key for file in options.files for m in mutants(file)}
    wrong += [f"no such mutant: {key}" for key in known
              if key not in keys and key.split(" | ")[0] in options.files]
    print("\n".join(wrong + [f"{len(all_mutants)} mutants: {killed} killed, {equivalent} "
                             f"equivalent, {len(survivors)} survive"]))
    return 1 if survivors or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
