"""Fetches one version of Apache Kafka, or its client alone, through Maven into the user's cache; command lines for its classes."""
import fcntl
import os
import pathlib
import re
import shutil
import subprocess

DEFAULT_VERSION = "4.3.1"

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>ottla.tools</groupId><artifactId>kafka-jars</artifactId><version>1</version>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


class JarError(Exception):
    """What could not be fetched or run, and what to try next."""


def cache_root():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "ottla"


def is_kraft(version):
    """Versions from 3.3 on run without ZooKeeper; older ones are run with it."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return (major, minor) >= (3, 3)


def uses_log4j2(version):
    return int(version.split(".")[0]) >= 4


def dependencies(version):
    logging = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3")
    if not uses_log4j2(version):
        logging = ("org.slf4j", "slf4j-reload4j", "1.7.36")
    scala = "2.13"
    found = [("org.apache.kafka", f"kafka_{scala}", version), logging]
    if is_kraft(version):
        found.append(("org.apache.kafka", "kafka-tools", version))
    return found


def client_dependencies(version):
    """Newer clients are published before their broker is. The official JSON converters want Jackson."""
    return [("org.apache.kafka", "kafka-clients", version), ("com.fasterxml.jackson.core", "jackson-databind", "2.17.2")]


def library(version):
    """The folder with the broker's and the tools' jars; fetched on first use, by one process at a time."""
    return folder(version, "kafka", dependencies)


def clients(version):
    """The folder with kafka-clients and what it needs."""
    return folder(version, "clients", client_dependencies)


def client_jar(version):
    return clients(version) / f"kafka-clients-{version}.jar"


def folder(version, what, needed):
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise JarError(f"'{version}' is not a Kafka version such as {DEFAULT_VERSION}")
    home = cache_root() / f"{what}-{version}"
    lib = home / "lib"
    home.mkdir(parents=True, exist_ok=True)
    with open(home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not lib.is_dir():
            fetch(version, home, lib, needed(version))
    return lib


def fetch(version, home, lib, needed):
    if not shutil.which("mvn") or not shutil.which("java"):
        raise JarError("java and maven are needed; run: tools/setup --with kafka")
    lines = [f"    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{number}</version></dependency>"
             for group, name, number in needed]
    (home / "pom.xml").write_text(POM.format(dependencies="\n".join(lines)))
    staging = home / "lib.partial"
    shutil.rmtree(staging, ignore_errors=True)
    done = subprocess.run(["mvn", "-q", "-B", "-f", str(home / "pom.xml"), "dependency:copy-dependencies",
                           f"-DoutputDirectory={staging}"], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise JarError(f"maven could not fetch Kafka {version}:\n{done.stdout.strip()[-2000:]}")
    staging.rename(lib)


def java(version, main_class, *arguments, heap="256m", options=()):
    """The command line that runs one class of Kafka."""
    return ["java", f"-Xmx{heap}", *options, "-cp", f"{library(version)}/*", main_class, *arguments]
