#!/bin/sh
# Makes a virtual environment and installs the project into it: setup.sh VENV REQUIREMENT
#
# Needs a Python of at least 3.11 that can make environments, and says what is missing where there is none.
# PYTHON names the one to use; otherwise the usual names are tried in order.
set -eu
venv=$1 what=$2

usable='import sys; sys.exit(0 if sys.version_info >= (3, 11) else 1)'

if ! { "$venv/bin/python" -c "$usable" && "$venv/bin/python" -m pip --version; } >/dev/null 2>&1; then
    found='' lacking=''
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        "$candidate" -c "$usable" >/dev/null 2>&1 || continue
        if "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            found=$candidate
            break
        fi
        lacking=$candidate
    done
    if [ -z "$found" ] && [ -n "$lacking" ]; then
        echo "$lacking cannot make virtual environments: its venv or ensurepip module is missing." >&2
        echo "On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 2
    elif [ -z "$found" ]; then
        echo "rfl-lint needs Python 3.11 or later; tried: ${PYTHON:-python3, python3.14 to python3.11, python}." >&2
        echo "Install it, or name it: make PYTHON=/path/to/python3.12 ..." >&2
        exit 2
    fi
    echo "making $venv with $("$found" --version)"
    rm -rf "$venv"
    "$found" -m venv "$venv"
fi
echo "installing $what into $venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what"
