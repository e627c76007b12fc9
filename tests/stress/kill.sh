#!/usr/bin/env bash
# Kills processes that use one cache, 10,000 times or as often as the argument says.
set -euo pipefail
cd "$(dirname "$0")/../.."
OVENBIRD_STRESS_CYCLES="${1:-10000}" cargo test --release --workspace --test stress -- --nocapture
