# What the scripts have in common. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "This needs root or sudo: $*"
  fi
}

# Package names out of lists: one a line, # begins a comment.
packages_in() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@" | sort -u; }

# Installs what is missing of the packages named in these lists. Mirrors have bad
# moments, so it tries a few times.
install_packages() {
  local missing=() name try
  for name in $(packages_in "$@"); do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing from Debian: ${missing[*]}"
  for try in 1 2 3 4; do
    if as_root apt-get update -qq &&
       as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
         -o DPkg::Lock::Timeout=120 "${missing[@]}" >/tmp/tasuki-apt.log 2>&1; then
      return 0
    fi
    say "That did not work (try $try); again in $((try * 10)) seconds."
    sleep $((try * 10))
  done
  tail -20 /tmp/tasuki-apt.log >&2
  fail "Packages could not be installed. Is the network up, and are Debian's sources configured?"
}

# Configures and builds a preset; quiet unless something is wrong.
build() {
  local preset=$1; shift
  local log="$root/build/$preset.log"
  mkdir -p "$root/build"
  ( cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" "$@" ) >"$log" 2>&1 || {
    grep -E 'error|Error|FAILED' -A5 "$log" | head -60 >&2
    fail "The build failed; all of it is in $log"
  }
}
