#!/usr/bin/env python3
"""An independent reading of Signature Version 4, which wrote the messages in aws_signature_test.cpp, and compares them."""
import datetime
import hashlib
import hmac
import json
import pathlib
import sys
import urllib.parse

HOST = "b-1.letters.abcdef.c2.kafka.eu-west-1.amazonaws.com"
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION = "session+token/with=signs"


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def message(session=None, seconds=1_792_000_000, region="eu-west-1", service="kafka-cluster"):
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    query = {"Action": "kafka-cluster:Connect", "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{KEY}/{scope}",
             "X-Amz-Date": date, "X-Amz-Expires": "900", "X-Amz-SignedHeaders": "host"}
    if session:
        query["X-Amz-Security-Token"] = session
    line = "&".join(f"{name}={urllib.parse.quote(query[name], safe='-_.~')}" for name in sorted(query))
    request = f"GET\n/\n{line}\nhost:{HOST}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + SECRET).encode()
    for link in (date[:8], region, service, "aws4_request"):
        key = mac(key, link)
    told = {"version": "2020_10_22", "host": HOST, "user-agent": "ottla", "action": query.pop("Action")}
    told |= {name.lower(): query[name] for name in sorted(query)} | {"x-amz-signature": mac(key, to_sign).hex()}
    return json.dumps(told, separators=(",", ":"))


if __name__ == "__main__":
    there = (pathlib.Path(__file__).parent / "aws_signature_test.cpp").read_text()
    flat = "".join(line.strip().removeprefix('R"(').split(')"')[0] for line in there.splitlines() if 'R"(' in line)
    missing = [one for one in (message(), message(SESSION)) if one not in flat]
    print("\n".join(["differs from the reference:", *missing]) if missing else "2 passed, 0 failed")
    sys.exit(1 if missing else 0)
