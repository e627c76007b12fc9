#!/usr/bin/env bash
# Runs aarch64 code on this machine: the examples of the language tests become programs, which are run here, built into
# bundles for aarch64, and run from those in QEMU by a build without the compiler. Both must print the same.
#
#     tests/stress/aarch64.sh [BEGINNING OF A PATH BELOW tests/lang]
#
# Needs python3, qemu-user-static, gcc-aarch64-linux-gnu and libc6-dev-arm64-cross (Debian's names), and
# `rustup target add aarch64-unknown-linux-gnu`.
set -euo pipefail
cd "$(dirname "$0")/../.."
root="$PWD" target=aarch64-unknown-linux-gnu
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
cargo build --release --workspace --bin ovenbird
cargo build --release --package ovenbird --no-default-features --features loader --target "$target" --target-dir target/arm
here="$root/target/release/ovenbird" there="$root/target/arm/$target/release/ovenbird"

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
# A signing key of its own.
export XDG_CONFIG_HOME="$folder/config"
key="$("$here" key new default | grep -o 'ed25519:[0-9a-f]*' | head -n 1)"
cp -r tests/lang "$folder/lang"

python3 - "$folder/lang" <<'PYTHON'
import ast, doctest, pathlib, sys

for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    text = file.read_text()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    parts = [ast.get_docstring(node) for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    for number, part in enumerate(filter(None, parts)):
        lines = []
        for example in doctest.DocTestParser().get_examples(part):
            if example.exc_msg or example.options.get(doctest.SKIP):
                continue
            source = example.source.strip()
            try:
                ast.parse(source, mode="eval")
                is_value = bool(example.want) and not source.startswith("print(")
            except SyntaxError:
                is_value = False
            lines.append(f"print({source})" if is_value else source)
        if lines:
            program = file.with_name(f"{file.stem}__{number}.program.py")
            program.write_text(text + "\n\n" + "\n".join(lines) + "\n")
PYTHON

ran=0 wrong=0
while read -r program <&3; do
  name="$(basename "$program" .py)"
  cd "$(dirname "$program")"
  wanted="$({ "$here" run --no-cache "$name.py" 2>&1; echo "exit $?"; } | tr '\0' '?')"
  "$here" build "$name.py" -o "$name.oven" --target aarch64,aarch64-v8.2 > build.log 2>&1 || { cat build.log; exit 1; }
  # The first has what every aarch64 has, the second all that QEMU knows of.
  for cpu in cortex-a53 max; do
    got="$({ qemu-aarch64-static -cpu "$cpu" -L /usr/aarch64-linux-gnu "$there" run "$name.oven" --trust "$key" 2>&1; echo "exit $?"; } | tr '\0' '?')"
    ran=$((ran + 1))
    [ "$got" = "$wanted" ] || { wrong=$((wrong + 1)); echo "$program on $cpu:"; diff <(echo "$wanted") <(echo "$got") || true; }
  done
done 3< <(find "$folder/lang" -path "$folder/lang/${1:-}*" -name '*.program.py' | sort)
echo "$ran runs, $wrong differ"
[ "$ran" -gt 0 ] && [ "$wrong" -eq 0 ]
