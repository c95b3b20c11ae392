# Sourced by up and check: what both need from the machine.

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Installs what is missing of the packages named, and says so. Nothing missing: nothing is asked of the network.
need() {
  local missing=() package sudo=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  printf 'installing what is missing: %s\n' "${missing[*]}" >&2
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Not root, and there is no sudo; as root: apt-get install -y ${missing[*]}"
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -q >&2 || fail 'apt-get update failed: is the package mirror reachable?'
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
    >&2 </dev/null || fail "apt-get could not install: ${missing[*]}"
}

need_toolchain() {
  command -v apt-get >/dev/null || fail 'This needs Debian 12 (apt-get); elsewhere install what deploy/packages lists.'
  command -v swift >/dev/null || fail 'There is no swift here; install 6.3 or newer for Debian 12: https://www.swift.org/install/linux/'
  local packages
  packages=$(sed -e 's/#.*//' -e 's/[[:space:]].*//' "$root/deploy/packages")
  # shellcheck disable=SC2086 # one word a package
  need $packages
}

# Runs the tests that the arguments of swift test choose, in the strict build that exists; $strict is how it was built.
# Shown are the suites as they end and whatever is not well; the whole of it stands in the file that is named when some
# test failed, and the failures once more at the very end.
suite() { # suite NAME ARGUMENTS...
  local log="$root/.build/tests-$1.log" status=0
  swift test --skip-build --disable-xctest "${strict[@]}" "${@:2}" 2>&1 </dev/null | tee "$log" |
    grep --line-buffered -avE '^(◇|✔ Test case|✔ Test "|✔ Test [A-Za-z]+\(\)|\[[0-9]+/[0-9]+\]|Building for)' | cut -c1-1000 ||
    status=$?
  if [ "$status" -ne 0 ] || ! grep -aqE '^✔ Test run with [1-9][0-9]* tests?' "$log"; then
    printf '\n== failed (%s):\n' "$log"
    grep -aE -A 3 '^✘ (Test .* recorded an issue|Test run)' "$log" | cut -c1-600 | tail -n 60 || tail -n 40 "$log" | cut -c1-600
    fail "tests failed: $1"
  fi
}

strict=(-Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error)
