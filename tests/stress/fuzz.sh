#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (3600 by default), one after the other, with new mutations each time.
# A second argument is the beginning of the names of the targets that are meant, for example `bundle`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export OVENBIRD_FUZZ_SECONDS="${1:-3600}"
export OVENBIRD_FUZZ_SEED="${OVENBIRD_FUZZ_SEED:-$RANDOM$RANDOM}"
echo "OVENBIRD_FUZZ_SEED=$OVENBIRD_FUZZ_SEED"
cargo test --release --workspace --test fuzz -- --nocapture --test-threads=1 ${2:+"$2"}
