"""Every check of the project, one session each: `nox -l` lists them, plain `nox` runs what a change must pass."""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import nox
from packaging.requirements import Requirement
from packaging.version import Version

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_external_run = True
nox.options.sessions = ["tests", "lint", "typecheck"]

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")
PROJECTS = {
    path.parent.name: nox.project.load_toml(path)["project"] for path in sorted(ROOT.glob("packages/*/pyproject.toml"))
}
SOURCES = [f"packages/{package}/src" for package in PROJECTS]
# Named in the same pip command as what depends on them: left alone, pip takes the newest torch, on Linux all of CUDA.
PINS = re.findall(r"^[\w-]+==\S+", (ROOT / "constraints.txt").read_text(), flags=re.MULTILINE)
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

each_package = nox.parametrize("package", [nox.param(package, id=package.removeprefix("gtn-")) for package in PROJECTS])


@nox.session
@each_package
def tests(session: nox.Session, package: str):
    """pytest, one package at a time, beside only what that package declares."""
    packages = with_siblings(package)
    session.install(*PINS, *editable(packages), *testing_tools([package]))
    run_tests(session, package)


@nox.session
@each_package
def minimums(session: nox.Session, package: str):
    """The tests again, on the lowest version of every declared dependency."""
    packages = with_siblings(package)
    session.install(*lowest_versions(packages), *editable(packages), *testing_tools([package]))
    run_tests(session, package, "-W", "default")  # they may warn about the newer packages that they depend on


@nox.session
def chaos(session: nox.Session):
    """Kill every long command at random instants and before each change to a file: `-- 30` kills each, the default.

    A command is resumed after each kill and must end as an undisturbed one; `-rP` shows the counts.
    """
    session.install(*PINS, *editable(PROJECTS), *testing_tools(PROJECTS))
    kills = [word for word in session.posargs if word.isdigit()]
    options = [word for word in session.posargs if not word.isdigit()]
    tests = [*map(str, sorted(ROOT.glob("packages/*/tests/**/test_interruption.py"))), *options]
    session.run("pytest", "-m", "slow", "-rP", *tests, env={**ONE_THREAD, "GTN_KILLS": kills[0] if kills else "30"})


@nox.session
def lint(session: nox.Session):
    """ruff check, ruff format and the import contracts; `-- --fix` mends what ruff can."""
    session.install(*group("lint"))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))
    session.run("lint-imports", env={"PYTHONPATH": os.pathsep.join(SOURCES)})


@nox.session
def typecheck(session: nox.Session):
    """mypy, strict, over the sources."""
    session.install(*PINS, *editable(PROJECTS), *group("types"))
    session.run("mypy", *SOURCES)


@nox.session
def docs(session: nox.Session):
    """Doctests, the READMEs' Python examples, and a docstring and a place in docs/api.md for every public name."""
    session.install(*PINS, *editable(PROJECTS), *testing_tools(PROJECTS))
    documentation = "packages/gtn-core/tests/test_documentation.py"
    session.run("pytest", "--doctest-modules", *SOURCES, documentation, *session.posargs, env=ONE_THREAD)


@nox.session
def demo(session: nox.Session):
    """Meta-train on handwritten digits and compare with real data, then rank a dozen cells: minutes on two cores."""
    session.install(*PINS, *(f"./packages/{package}" for package in with_siblings("gtn-nas")))
    session.run("python", "packages/gtn-core/examples/demo.py", *session.posargs)
    session.run("python", "packages/gtn-nas/examples/demo.py", *session.posargs)


@nox.session
def benchmarks(session: nox.Session):
    """Every bench_*.py of every package, a JSON line a result."""
    session.install(*PINS, *editable(PROJECTS), *testing_tools(PROJECTS), *group("benchmarks"))
    for script in sorted(ROOT.glob("packages/*/benchmarks/bench_*.py")):
        session.run("python", str(script), *session.posargs)


@nox.session
def ray(session: nox.Session):
    """The search on a Ray cluster of two nodes, which loses a worker and a node."""
    session.install(*PINS, *editable(with_siblings("gtn-nas")), *testing_tools(["gtn-nas"]), *extra("gtn-nas", "ray"))
    tests = "packages/gtn-nas/tests/test_ray_search.py"
    session.run("pytest", tests, "-m", "slow", *session.posargs, env=ONE_THREAD)


@nox.session
def fuzz(session: nox.Session):
    """Every fuzzer for ten minutes, or `-- -max_total_time=SECONDS`; what crashes one stays in fuzz-crashes/."""
    session.install(*PINS, *editable(PROJECTS), *group("fuzz"))
    crashes = ROOT / "fuzz-crashes"
    crashes.mkdir(exist_ok=True)
    for script in sorted(ROOT.glob("packages/*/fuzz/fuzz_*.py")):
        limits = session.posargs or ["-max_total_time=600"]
        session.run("python", str(script), *limits, f"-artifact_prefix={crashes}/{script.stem}-", env=ONE_THREAD)


@nox.session
def build(session: nox.Session):
    """sdist and wheel of every package into dist/, then the wheels alone, installed and run outside the checkout."""
    session.install("build", "twine")
    shutil.rmtree(DIST, ignore_errors=True)
    for package in PROJECTS:
        session.run("python", "-m", "build", "--outdir", str(DIST), f"packages/{package}")
    session.run("twine", "check", "--strict", *map(str, DIST.iterdir()))
    for package in PROJECTS:
        check_wheel_is_complete(session, package)
    with TemporaryDirectory() as elsewhere:
        try_wheels(session, Path(elsewhere))


def run_tests(session: nox.Session, package: str, *options: str) -> None:
    """Run pytest on every core, one torch thread a worker."""
    workers = ["-n", "auto", "--dist", "worksteal"]
    session.run("pytest", f"packages/{package}/tests", *workers, *options, *session.posargs, env=ONE_THREAD)


def group(*names: str) -> tuple[str, ...]:
    """Return the requirements of the root's dependency groups."""
    return nox.project.dependency_groups(GROUPS, *names)


def testing_tools(packages: Iterable[str]) -> tuple[str, ...]:
    """Return what tests need beside these packages: the group `test`, and the groups `test-<package>` that exist."""
    own = [f"test-{package}" for package in packages if f"test-{package}" in GROUPS["dependency-groups"]]
    return group("test", *own)


def extra(package: str, name: str) -> list[str]:
    """Return the requirements of a package's extra."""
    found: list[str] = PROJECTS[package]["optional-dependencies"][name]
    return found


def with_siblings(package: str) -> list[str]:
    """Return the package after the packages of this repository that it depends on."""
    needed: list[str] = []
    for requirement in requirements_of(package):
        if requirement.name in PROJECTS:
            needed += [sibling for sibling in with_siblings(requirement.name) if sibling not in needed]
    return [*needed, package]


def lowest_versions(packages: Iterable[str]) -> list[str]:
    """Return `name==version` for the lower bound of every dependency from outside; of two bounds, the higher."""
    bounds = {
        (requirement.name, Version(bound.version))
        for package in packages
        for requirement in requirements_of(package)
        for bound in requirement.specifier
        if requirement.name not in PROJECTS and bound.operator == ">="
    }
    return [f"{name}=={version}" for name, version in dict(sorted(bounds)).items()]


def requirements_of(package: str) -> list[Requirement]:
    """Return the run-time dependencies that a package declares."""
    return [Requirement(line) for line in PROJECTS[package]["dependencies"]]


def editable(packages: Iterable[str]) -> list[str]:
    """Return pip's arguments that install these packages editable, siblings in one command so that pip finds them."""
    return [argument for package in packages for argument in ("-e", f"./packages/{package}")]


def check_wheel_is_complete(session: nox.Session, package: str) -> None:
    """Stop if a file of the sources other than a tool's cache is not in the wheel, as when .gitignore names it."""
    source = ROOT / "packages" / package / "src"
    files = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    (wheel,) = DIST.glob(f"{package.replace('-', '_')}-*.whl")
    missing = sorted(path for path in files - set(ZipFile(wheel).namelist()) if "cache" not in path)
    if missing:
        session.error(f"{wheel.name} lacks {', '.join(missing)}")


def try_wheels(session: nox.Session, elsewhere: Path) -> None:
    """Install the wheels into a fresh environment, import every package and ask every command for help."""
    programs = elsewhere / "venv" / "bin"
    modules = [package.replace("-", "_") for package in PROJECTS]
    commands = [command for project in PROJECTS.values() for command in project.get("scripts", {})]
    session.run("python", "-m", "venv", str(programs.parent))
    session.chdir(elsewhere)
    session.run(f"{programs}/pip", "install", *PINS, *map(str, DIST.glob("*.whl")), external=True)
    session.run(f"{programs}/pip", "check", external=True)
    session.run(f"{programs}/python", "-c", f"import {', '.join(modules)}", external=True)
    for command in commands:
        session.run(f"{programs}/{command}", "--help", external=True)
