# Packages: what tools/build/packages.txt lists and dpkg-query does not know as installed.
# Sourced by tools/dev.

packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' tools/build/packages.txt
    done
}

missing_packages() {
    local package
    for package in $(packages_of "$@"); do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            echo "$package"
    done
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    elif command -v sudo >/dev/null; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    else
        fail "packages have to be installed, and this is neither root nor a machine with sudo" \
            "as root: apt-get install --no-install-recommends $(missing_packages build check | xargs)"
    fi
}

# Whether the package lists on this machine know every one of these packages.
lists_know() {
    local package
    for package in "$@"; do
        apt-cache policy "$package" 2>/dev/null | grep -q '^  Candidate: [^(]' || return 1
    done
}

apt_install() {
    as_root apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

apt_update() {
    as_root apt-get update -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3
}

# install_packages GROUP...: no network and no root where nothing is missing.
install_packages() {
    if [[ ${SKEIN_NO_PACKAGES:-0} == 1 ]]; then return; fi
    if ! command -v dpkg-query >/dev/null; then
        say "packages: not a Debian machine, trusting that tools/build/packages.txt is there"
        return
    fi
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then return; fi
    say "packages to install: ${missing[*]}"
    if ! lists_know "${missing[@]}"; then stage "packages: update the lists" apt_update; fi
    # Lists that are days old name versions that the mirror has replaced: once more with fresh ones.
    if ! try_stage "packages: install" apt_install "${missing[@]}"; then
        stage "packages: update the lists" apt_update
        stage "packages: install again" apt_install "${missing[@]}"
    fi
}
