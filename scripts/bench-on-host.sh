#!/bin/sh
# Runs the benches of this folder on the GPU of this machine: no Node, no network, nothing installed. Results come as JSON and as tables.
#
#   ./run.sh [--minutes 20] [--quick] [--out results] [matmul elementwise dispatch fingerprint]
#
# The minutes are shared among the benches; one that is over its share begins no further row, and is stopped a minute later.
case "$0" in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd) || exit 1
out=$PWD/results minutes=20 quick= benches=

while [ $# -gt 0 ]; do
  case "$1" in
    --minutes) minutes=$2; shift ;;
    --out) out=$2; shift ;;
    --quick) quick=--quick ;;
    -*) echo "there is no option $1; see the head of run.sh" >&2; exit 2 ;;
    *) benches="$benches $1" ;;
  esac
  shift
done
[ -n "$benches" ] || benches='matmul elementwise dispatch fingerprint'
mkdir -p "$out" || exit 1

# Prints the first folder of those that has a file.
folder_of() {
  file=$1; shift
  for folder in "$@"; do
    if [ -e "$folder/$file" ]; then echo "$folder"; return 0; fi
  done
  return 1
}

libraries="$(IFS=:; for folder in $LD_LIBRARY_PATH; do printf '%s ' "$folder"; done) /lib /usr/lib /lib64 /usr/lib64 /usr/local/lib /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /usr/local/nvidia/lib64 /usr/local/nvidia/lib /run/opengl-driver/lib"

# The Vulkan loader: the system's, else the one in this folder.
if loader=$(folder_of libvulkan.so.1 $libraries); then
  echo "Vulkan loader: $loader/libvulkan.so.1"
else
  loader=$here/lib
  echo "Vulkan loader: that of this folder, the system has none"
fi
export LD_LIBRARY_PATH="$loader${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

# The driver: what the loader finds by itself, else NVIDIA's where a container has it without telling.
if [ -z "$VK_ICD_FILENAMES$VK_DRIVER_FILES" ] && ! ls /etc/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json >/dev/null 2>&1; then
  if folder=$(folder_of nvidia_icd.json /usr/local/nvidia/share/vulkan/icd.d /run/opengl-driver/share/vulkan/icd.d); then
    export VK_DRIVER_FILES="$folder/nvidia_icd.json"
  elif folder_of libGLX_nvidia.so.0 $libraries >/dev/null; then
    echo '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' > "$out/nvidia_icd.json"
    export VK_DRIVER_FILES="$out/nvidia_icd.json"
  fi
  [ -z "$VK_DRIVER_FILES" ] || echo "Vulkan driver: $VK_DRIVER_FILES"
fi

set -- $benches
seconds=$((minutes * 60 / $#))
failed=
for bench in "$@"; do
  echo "== $bench"
  rm -f "$out/$bench.json"
  (cd "$here" && exec ./node bench/main.mjs "$bench" --device webgpu --seconds "$seconds" --save "$out/$bench.json" $quick) > "$out/$bench.txt" 2> "$out/$bench.log" &
  running=$!
  (trap 'kill "$sleeper"; exit' TERM; sleep $((seconds + 60)) & sleeper=$!; wait "$sleeper"; kill -9 "$running") > /dev/null 2>&1 &
  guard=$!
  wait "$running" || failed="$failed $bench"
  kill "$guard" 2> /dev/null
  cat "$out/$bench.txt"
  while IFS= read -r line; do case "$line" in FAILED*|without*) echo "$line" ;; esac; done < "$out/$bench.log"
done
echo "== summary"
"$here/node" "$here/bench/summary.mjs" "$out"
[ -z "$failed" ] || { echo "failed:$failed (see $out/*.log)" >&2; exit 1; }
