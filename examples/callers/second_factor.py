#!/usr/bin/env python3
"""Asks rw2fa-verify for the second factor of a login. Import second_factor, or try it:

    echo 123456 | python3 second_factor.py USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]

Needs Python 3.7 or newer, and nothing else. The rules for callers are in docs/portal.md.
"""

import json
import os
import subprocess
import sys

EXIT_CODES = {"grant": 0, "deny": 1, "challenge": 3, "error": 4, "ended": 5}


class Answer:
    """What the verifier answered. `granted` alone says whether the user may enter.

    `reason` and `message` are those of the protocol; `document` is the whole answer, or None. A reason that
    is not in the protocol says why there is no answer: not-started, time-limit, killed, wrong-call,
    bad-answer, failed. `errors` is the beginning of standard error, for your log.
    """

    def __init__(self, reason, document=None, errors=""):
        self.document = document
        self.outcome = document["outcome"] if document else "error"
        # SECURITY: _read() has compared the outcome with the exit code.
        self.granted = self.outcome == "grant"
        self.reason = reason
        self.message = (
            document["message"]
            if document
            else "The sign-in is not available now. Tell your administrator."
        )
        self.errors = errors


def second_factor(user, code, options, program="rw2fa-verify", limit=25.0):
    """Runs the verifier once and returns an Answer, whatever happens.

    An empty code means that the code page was not shown yet: never pass its empty field. The options are
    those of the protocol: one "--group=NAME" for each group, or "--no-groups"; "--client=ID";
    "--session=KIND". An absolute path of the program is safer: it does not depend on PATH. The verifier ends
    by itself within 20 s.
    """
    try:
        return _run(user, code, options, program, limit)
    except Exception as failure:  # SECURITY: what was not foreseen refuses the user, too.
        return Answer("failed", errors=repr(failure))


def _run(user, code, options, program, limit):
    # The verifier reads one line of at most 256 bytes.
    line = code.encode("utf-8", "surrogateescape")
    if len(line) > 255 or b"\n" in line or b"\r" in line:
        line = b"not a code"
    code_option = ["--code-stdin"] if line else []
    arguments = [program, *code_option, *options, "--", user]
    if os.name == "posix":  # Names are UTF-8, whatever the locale of the portal is.
        arguments = [argument.encode("utf-8", "surrogateescape") for argument in arguments]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe)
    except (OSError, ValueError) as failure:
        return Answer("not-started", errors=str(failure))
    try:
        output, errors = process.communicate(line + b"\n" if line else b"", timeout=limit)
    except subprocess.TimeoutExpired:
        _abandon(process)
        return Answer("time-limit")
    return _read(process.returncode, output, errors[:4096].decode("utf-8", "replace"))


def _abandon(process):
    """Stops waiting. A set-uid verifier belongs to another account: it cannot be killed, and ends by itself."""
    try:
        process.kill()
    except OSError:
        pass
    for stream in (process.stdin, process.stdout, process.stderr):
        try:
            stream.close()
        except OSError:
            pass


def _read(exit_code, output, errors):
    if exit_code < 0:
        return Answer("killed", errors=errors)
    if exit_code == 2:
        return Answer("wrong-call", errors=errors)
    try:
        document = json.loads(output.decode("utf-8"))
        # SECURITY: one document, of the known schema, whose outcome fits the exit code.
        is_answer = (
            isinstance(document, dict)
            and type(document["schema"]) is int
            and document["schema"] == 1
            and all(isinstance(document[key], str) for key in ("outcome", "reason", "message"))
            and EXIT_CODES.get(document["outcome"]) == exit_code
        )
    except (ValueError, KeyError, RecursionError):
        is_answer = False
    if not is_answer:
        return Answer("bad-answer", errors=errors)
    return Answer(document["reason"], document, errors)


def main(arguments):
    """Tries the function from a terminal."""
    options, parameters = ["--no-groups"], {}
    user, rest = arguments[:1], arguments[1:]
    for name, value in zip(rest[::2], rest[1::2]):
        if name == "--session":
            options.append("--session=" + value)
        elif name == "--program":
            parameters["program"] = value
        elif name == "--limit":
            parameters["limit"] = float(value)
        else:
            user = []
    if not user or len(rest) % 2:
        sys.exit("usage: second_factor.py USER [--session KIND] [--program PATH] [--limit SECONDS]")
    code = sys.stdin.readline().rstrip("\r\n")
    answer = second_factor(user[0], code, options, **parameters)
    print(answer.reason)
    if answer.errors:
        print(answer.errors, file=sys.stderr)
    return 0 if answer.granted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
