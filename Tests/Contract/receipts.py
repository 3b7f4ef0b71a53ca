#!/usr/bin/env python3
"""Receipts, verified by a JOSE library that is not ours (joserfc), knowing only what /jwks.json answered.

usage: YONJO_RECORDED_ANSWERS=FILE receipts.py
FILE holds JSON lines {method, path, body}, as Deploy/test records them. Every receipt among the answers must verify, and must not once a byte of it is
changed, or under another key.
Exit codes: 0 all verify, 1 one does not, or none was found, 2 bad use.
"""

import json
import os
import sys

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

TYPE = "yonjo-receipt+jwt"
# Our own algorithm alone: nothing that a receipt says of itself chooses another.
REGISTRY = jws.JWSRegistry(algorithms=["ES256"])


def receipts_in(value):
    """Every member `receipt` of an answer, however deep."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "receipt" and isinstance(member, str):
                yield member
            else:
                yield from receipts_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from receipts_in(member)


def verified(receipt, keys):
    """The claims, or None."""
    try:
        found = jws.deserialize_compact(receipt, keys, registry=REGISTRY)
    except (JoseError, ValueError):
        return None
    header = found.headers()
    return json.loads(found.payload) if header.get("typ") == TYPE else None


def changed(receipt):
    """The same with one character of the claims changed."""
    head, payload, signature = receipt.split(".")
    middle = len(payload) // 2
    other = "A" if payload[middle] != "A" else "B"
    return ".".join([head, payload[:middle] + other + payload[middle + 1 :], signature])


def main():
    name = os.environ.get("YONJO_RECORDED_ANSWERS")
    if not name:
        print(__doc__, file=sys.stderr)
        return 2
    with open(name, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines if line.strip()]
    published = [record["body"] for record in records if record["path"] == "/jwks.json"]
    if not published:
        print("no answer of /jwks.json was recorded", file=sys.stderr)
        return 1
    # Encryption keys are no business of receipts.
    keys = KeySet.import_key_set({"keys": [key for key in published[-1]["keys"] if key.get("use") != "enc"]})
    stranger = ECKey.generate_key("P-256")
    purposes, failures = {}, []
    for record in records:
        for receipt in receipts_in(record["body"]):
            place = f"{record['method']} {record['path']}"
            claims = verified(receipt, keys)
            if claims is None:
                failures.append(f"{place}: a receipt does not verify")
                continue
            purposes[claims["purpose"]] = purposes.get(claims["purpose"], 0) + 1
            if verified(changed(receipt), keys) is not None:
                failures.append(f"{place}: a changed receipt verifies")
            if verified(receipt, stranger) is not None:
                failures.append(f"{place}: a receipt verifies under another key")
            if claims["purpose"] == "consentReceipt":
                wanted = ["schema_version", "record_id", "pii_principal_id", "notice", "processing", "party_identification", "events"]
                failures += [f"{place}: the consent receipt does not say {name}" for name in wanted if not claims.get(name)]
    for wanted in ("onboarding", "document", "consentReceipt"):
        if wanted not in purposes:
            failures.append(f"no receipt of purpose {wanted} was recorded")
    for failure in failures:
        print(f"  {failure}", file=sys.stderr)
    told = ", ".join(f"{count} of {purpose}" for purpose, count in sorted(purposes.items()))
    print(f"receipts verified by joserfc: {told}" if not failures else f"{len(failures)} receipts are not as they should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
