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
# test failed, and the failures once more at the very end. Up to three tests that failed are run once more, by
# themselves: what fails twice is broken; what passes then is unsteady, which is said, and is a defect all the same.
suite() { # suite NAME ARGUMENTS...
  local log="$root/.build/tests-$1.log" results="$root/.build/tests-$1.xml" again
  tests "$log" "$results" "${@:2}" && return
  printf '\n== failed (%s):\n' "$log"
  grep -aE -A 3 '^✘ (Test .* recorded an issue|Test run)' "$log" | cut -c1-600 | tail -n 60 || tail -n 40 "$log" | cut -c1-600
  again=$(failures "$results")
  [ -n "$again" ] && [ "$(wc -l <<<"$again")" -le 3 ] || fail "tests failed: $1"
  printf '\n== once more, by themselves:\n%s\n' "$again"
  results=${results%.xml}-again.xml
  tests "${log%.log}-again.log" "$results" --no-parallel --filter "^($(paste -sd '|' <<<"$again"))" &&
    [ "$(grep -c '<testcase' "$results")" -ge "$(wc -l <<<"$again")" ] || fail "tests failed twice: $1"
  printf '\n== UNSTEADY in %s, passed when run again:\n%s\n' "$1" "$again"
}

tests() { # tests LOG RESULTS ARGUMENTS...
  local status=0
  rm -f "$2"
  swift test --skip-build --disable-xctest "${strict[@]}" --xunit-output "$2" "${@:3}" 2>&1 </dev/null | tee "$1" |
    grep --line-buffered -avE '^(◇|✔ Test case|✔ Test "|✔ Test [A-Za-z]+\(\)|\[[0-9]+/[0-9]+\]|Building for)' | cut -c1-1000 ||
    status=$?
  [ "$status" -eq 0 ] && grep -aqE '^✔ Test run with [1-9][0-9]* tests?' "$1"
}

# The tests that failed, each as a pattern for --filter: whatever is no letter and no digit is any sign.
failures() { # failures RESULTS
  [ -f "$1" ] || return 0
  awk '/<testcase/ { test = $0 } /<failure/ { print test }' "$1" | sort -u |
    sed -E 's/.*classname="([^"]*)" name="(.*)" time=".*/\1.\2/; s/&[a-z]+;/./g; s/[^A-Za-z0-9]/./g'
}

strict=(-Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error)
