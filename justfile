# Shortcuts for people. CI calls cargo itself: see .ci/run.

# What can be done
default:
    @just --list

# Analyse the normal example and write its report
analyze study="examples/normal.dcm" report="report":
    cargo run --release -- analyze {{ study }} --report {{ report }} --force

# All tests
test:
    cargo test --release --workspace

# Format, lint and document: what CI checks before it tests
check:
    cargo fmt --all --check
    cargo clippy --release --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --workspace

# Licences, sources and bans of every dependency
deny:
    .ci/dependencies --again

# Everything, as CI does
ci:
    .ci/run
