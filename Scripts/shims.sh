# For sourcing: what a script needs to compile sources of this package with swiftc alone, without SwiftPM.
# shellcheck shell=bash

# Writes a module map for each C shim into folder $1 and sets the array `shim_flags` to what swiftc wants to hear.
# SwiftPM makes such maps itself, but in a build folder whose layout is its own business.
shim_module_maps() {
  local folder=$1 header name
  shim_flags=()
  for header in CShims/*/include/*.h; do
    name=$(basename "$header" .h)
    # The umbrella of a shim is the header that bears the shim's name.
    [[ $header == CShims/$name/* ]] || continue
    printf 'module %s { umbrella header "%s" export * }\n' "$name" "$PWD/$header" >"$folder/$name.modulemap"
    shim_flags+=(-Xcc "-fmodule-map-file=$folder/$name.modulemap")
  done
}

# Compiles the C of all shims into folder $1, with the further flags for the C compiler, and sets `shim_objects`.
# CDPDK is compiled as without its trait: every function says so.
shim_compile() {
  local folder=$1 source object shim
  shift
  shim_objects=()
  for source in CShims/*/*.c; do
    shim=$(dirname "$source")
    object="$folder/$(basename "$shim")-$(basename "$source" .c).o"
    "${CLANG:-clang}" -O1 -g "$@" -I "$shim/include" -c "$source" -o "$object" || return 1
    shim_objects+=("$object")
  done
}

# Fails with a line that names the tool and what it is for. $1 tool, $2 where to get it.
need() {
  command -v "$1" >/dev/null || { echo "$(basename "$0"): no '$1' here; $2" >&2; exit 2; }
}
