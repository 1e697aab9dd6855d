#!/bin/sh
# Finds a Python and runs setup.py, which reports everything else.
# usage: tools/setup.sh run|test [GOAL]      GOAL is named in messages: make demo
here=$(dirname "$0")
goal=${2:-make demo}
if [ -n "${PYTHON:-}" ]; then
    # A wrong choice is an error: running another Python instead would be a surprise.
    "$PYTHON" -c "" >/dev/null 2>&1 || {
        echo "setup: PYTHON=$PYTHON does not run. Name another, then: $goal" >&2
        exit 1
    }
    exec "$PYTHON" "$here/setup.py" "$@"
fi
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c "" >/dev/null 2>&1; then
        exec "$python" "$here/setup.py" "$@"
    fi
done
echo "setup: needs Python 3.11 or newer; found none. Install it, then: $goal" >&2
exit 1
