# Sourced: folders of fetched files in the user's cache, outside any source tree, so they outlive
# `clean`.
#
# cached_fetch NAME FETCH   prints the folder NAME of the cache. Where it is not there, `FETCH WORK`
#                           first makes WORK/result in a temporary folder; only what is whole gets
#                           the name, and one process at a time fetches.
cached_fetch() {
    local cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/skein" name="$1" fetch="$2"
    if [[ ! -d $cache/$name ]]; then
        mkdir -p "$cache"
        exec 9>"$cache/fetch.lock"
        flock 9
        if [[ ! -d $cache/$name ]]; then # another process may have fetched the same
            local work
            work="$(mktemp -d "$cache/fetch.XXXXXX")"
            # shellcheck disable=SC2064  # the folder of now
            trap "rm -rf '$work'" EXIT
            "$fetch" "$work"
            mv "$work/result" "$cache/$name"
        fi
        exec 9>&-
    fi
    echo "$cache/$name"
}
