# Sourced by test and screenshots: the console in a real Chromium. Needs output.sh, system.sh, house.sh, and a house with its story told.

# Of the package with axe only the script is taken, at test time; nothing of it is kept in the tree.
console_environment() {
  local place=$PWD/.build/console-venv want
  want=$(cat Tests/Console/requirements.txt Tests/Console/axe-requirements.txt | sha256sum | cut -c1-16)
  if [ "$(cat "$place/requirements" 2>/dev/null)" != "$want" ]; then
    rm -rf "$place"
    python3 -m venv "$place"
    "$place/bin/pip" install --quiet --disable-pip-version-check --requirement Tests/Console/requirements.txt
    "$place/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$place/axe" \
      --requirement Tests/Console/axe-requirements.txt
    "$place/bin/python" -c '
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
name = next(name for name in wheel.namelist() if name.endswith("axe.min.js"))
open(sys.argv[2], "wb").write(wheel.read(name))' "$place"/axe/*.whl "$place/axe.min.js"
    printf '%s' "$want" >"$place/requirements"
  fi
}

# console_drive ANSWERS [--screenshots DIRECTORY]
console_drive() {
  local answers=$1
  shift
  YONJO_CAST=$house_cast YONJO_PROGRAMS=$programs .build/console-venv/bin/python Tests/Console/drive.py \
    --answers "$answers" --axe .build/console-venv/axe.min.js "$@"
}
