#!/usr/bin/env bash
# Everything that takes long, with one command: each fuzz target for so many seconds, so many kills, so many rounds of 64
# processes on one cold key, processes that stop, and all that the language tests compile twice, through a cache that compares.
#
# As root it tests a little more: what becomes of files of other users (the rest of that is tested for every user, in
# host/src/cache/tests/owners.rs).
#
#     tests/stress/nightly.sh [SECONDS=3600] [KILLS=10000] [ROUNDS=20]
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds="${1:-3600}" kills="${2:-10000}" rounds="${3:-20}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

step() { printf '\n== %s (%(%H:%M:%S)T)\n' "$1" -1; }

step "building"
cargo build --release --workspace --bins
ovenbird="$PWD/target/release/ovenbird"

if [ "$(id -u)" = 0 ]; then
  step "root: real files of other users"
  cargo test --release --workspace --test cache_store --test cache_observe -- of_root of_somebody_else of_others cannot_be_trusted not_safe wrong_with_the_folder
fi

step "verify: what the language tests compile is compiled again and compared"
# The same tests, but every file calls a function that asks for caching, so that bodies and examples are stored as well.
for tests in tests/lang benches/programs examples; do
  mkdir -p "$folder/$tests"
  cp -r "$tests/." "$folder/$tests"
done
find "$folder" -name '*.py' | while read -r file; do
  printf '\n\nimport ovenbird as _caching\n\n\n@_caching.jit(cache=True)\ndef _asks_for_caching(x):\n    return x\n\n\n_asks_for_caching(1)\n' >> "$file"
done
run() (
  cd "$folder"
  env OVENBIRD_CACHE_DIR="$folder/cache" "$@" "$ovenbird" test tests/lang benches/programs examples
)
run
log="$folder/verify.jsonl"
run OVENBIRD_CACHE=verify OVENBIRD_CACHE_LOG="$log"
"$ovenbird" cache stats --log "$log"
"$ovenbird" cache verify --cache-dir "$folder/cache" > "$folder/entries.txt" || { tail "$folder/entries.txt"; exit 1; }
tail -n 1 "$folder/entries.txt"
compared="$(grep "\"event\":\"lookup\"" "$log" | grep -c "\"outcome\":\"miss.verifying\"" || true)"
different="$(grep -c '"outcome":"inconsistent"' "$log" || true)"
echo "$compared entries were made again, $different differ"
[ "$compared" -gt 200 ] && [ "$different" -eq 0 ]

step "$rounds rounds of 64 processes on one cold key"
for ((round = 1; round <= rounds; round++)); do
  cargo test --release --workspace --test cache_store -- --exact concurrency::sixty_four_processes_on_one_cold_key_compile_once | grep 'test result'
done

step "processes that stop, die or cannot lock"
python3 tests/stress/processes.py "$ovenbird"

step "$kills kills"
tests/stress/kill.sh "$kills"

step "each fuzz target for $seconds s"
tests/stress/fuzz.sh "$seconds"
step "done"
