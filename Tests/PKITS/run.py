"""NIST PKITS through the built `yonjo certificate explain`: every test of the sections in cases.txt, one process each.

    run.py WHEEL        WHEEL: the file of the PyPI package cryptography-vectors, or a directory that holds it

The program is found in the directory that YONJO_PROGRAMS names. Exit code 0: every test ends as expected, but for the differences listed with their
reasons in differences.txt.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).parent
DATA = "cryptography_vectors/x509/PKITS_data/"
# Within the validity of everything that is to be valid: 2010-01-01 to 2030-12-31.
AT = "2020-01-01T00:00:00Z"
MOST_DIFFERENCES = 8
SECTIONS = {"4.1": 6, "4.2": 8, "4.4": 21, "4.6": 17, "4.7": 5, "4.14": 35}

Case = collections.namedtuple("Case", "number section outcome certificate intermediates lists")


def rows(name):
    for line in (HERE / name).read_text("utf-8").splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            yield [column.strip() for column in line.split("|")]


def cases():
    for number, outcome, certificate, intermediates, lists in rows("cases.txt"):
        section = number.rsplit(".", 1)[0]
        between = intermediates.split()
        yield Case(number, section, outcome, certificate, between, between if lists == "=" else lists.split())


def list_file(name):
    # onlySomeReasonsCA2 has two lists, and their numbers stand after the word that all others end with.
    stem, _, part = name.partition("/")
    return f"crls/{stem}CRL{part}.crl"


def arguments(case, data):
    found = [f"certs/{case.certificate}EE.crt", "--at", AT]
    found += ["--anchor", "certs/TrustAnchorRootCertificate.crt", "--crl", "crls/TrustAnchorRootCRL.crl"]
    for name in case.intermediates:
        found += ["--intermediate", f"certs/{name}Cert.crt"]
    for name in case.lists:
        found += ["--crl", list_file(name)]
    return [str(data / one) if one.startswith(("certs/", "crls/")) else one for one in found]


def explain(program, words, *more):
    # Nothing of the caller's settings: with --anchor none is needed.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YONJO_")}
    command = [program, "certificate", "explain", *words, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)


def run(program, case, data):
    """The outcome, OpenSSL's words, and what else is wrong with the answer."""
    words = arguments(case, data)
    answer = explain(program, words, "--json")
    told = [answer.stdout]
    faults = []
    if answer.returncode not in (0, 1):
        return "none", answer.stdout + answer.stderr, [f"exit code {answer.returncode}"]
    try:
        report = json.loads(answer.stdout)
    except ValueError:
        return "none", answer.stdout, ["not one JSON object"]
    path = report["path"]
    if path["valid"] != (answer.returncode == 0) or report["verified"] != path["valid"] or path["valid"] != (path["error"] == 0):
        faults.append("the exit code, the verdict and the error disagree")
    if not path["revocationChecked"]:
        faults.append("no revocation list was looked at")
    if path["valid"]:
        inputs = [link["input"] for link in path["chain"]]
        if inputs[0] != "certificate" or inputs[-1] != "anchor" or set(inputs[1:-1]) - {"intermediate"}:
            faults.append(f"a valid chain of {inputs}")
    if case.number.endswith(".1"):
        text = explain(program, words)
        told.append(text.stdout)
        faults += [f"a line of {len(line)} columns" for line in text.stdout.splitlines() if len(line) > 80]
        if text.returncode != answer.returncode:
            faults.append("text and JSON end differently")
    # The subjects of PKITS are called so; no name may be printed.
    if any("EE Certificate" in one or "Trust Anchor" in one for one in told):
        faults.append("a name is printed")
    return ("valid" if path["valid"] else "invalid"), path["reason"], faults


def unpacked(wheel, place):
    wheel = pathlib.Path(wheel)
    if wheel.is_dir():
        wheel = next(iter(sorted(wheel.glob("cryptography_vectors-*.whl"))))
    with zipfile.ZipFile(wheel) as archive:
        wanted = [name for name in archive.namelist() if name.startswith((DATA + "certs/", DATA + "crls/"))]
        archive.extractall(place, wanted)
    return pathlib.Path(place) / DATA


def main():
    program = os.path.join(os.environ["YONJO_PROGRAMS"], "yonjo")
    table = list(cases())
    counted = collections.Counter(case.section for case in table)
    if counted != SECTIONS:
        sys.exit(f"error: cases.txt has not every test of its sections: {dict(counted)}")
    allowed = dict(rows("differences.txt"))
    if len(allowed) > MOST_DIFFERENCES:
        sys.exit(f"error: {len(allowed)} differences are listed, at most {MOST_DIFFERENCES} may be")

    failures = []
    as_expected = collections.Counter()
    differing = collections.Counter()
    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as workers:
        data = unpacked(sys.argv[1], place)
        for case, (outcome, words, faults) in zip(table, workers.map(lambda case: run(program, case, data), table)):
            name = f"{case.number} {case.certificate}"
            failures += [f"{name}: {fault}" for fault in faults]
            if outcome == case.outcome:
                as_expected[case.section] += 1
                if case.number in allowed:
                    failures.append(f"{name}: listed as a difference, and is none")
            elif case.number in allowed and outcome != "none":
                differing[case.section] += 1
                print(f"  {case.number} {outcome} ({words}): {allowed[case.number]}")
            else:
                failures.append(f"{name}: expected {case.outcome}, found {outcome}: {words}")
    for number in sorted(set(allowed) - {case.number for case in table}):
        failures.append(f"{number}: listed as a difference, and no test")

    for section, count in SECTIONS.items():
        print(f"  section {section}: {as_expected[section]} of {count} as expected, {differing[section]} listed differences")
    for failure in failures:
        print(f"error: {failure}")
    print(f"PKITS: {sum(as_expected.values())} of {len(table)} as expected, {sum(differing.values())} listed differences, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
