#!/usr/bin/env bash
# What Engraft does on a machine with an NVIDIA GPU, in one command: the tests that compare it with the CPU, then training
# on it beside PyTorch.
#
#   benches/gpu.sh DATA MODEL [RESULTS]
#
# DATA holds rt-polarity's train, dev and test with .pos and .neg files, MODEL a pretrained model; RESULTS becomes a folder
# of logs. Needs the CUDA toolkit and a `python3` with benches/peers/requirements.txt.
set -euo pipefail
data=$(realpath "${1:?the folder of the corpus}")
model=$(realpath "${2:?the folder of the model}")
cd "$(dirname "$0")/.."
results=${3:-target/gpu}
mkdir -p "$results"

step() {
  local log="$results/$1.log"
  shift
  printf '\n== %s\n' "$*"
  "$@" 2>&1 | tee "$log"
}

step machine nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
step tests cargo test --release -p engraft-engine --features cuda --test device
step build cargo build --release --features cuda
python3 benches/data/rt_polarity.py "$data" "$results/csv"
for method in full lora; do
  step "engraft-$method" target/release/engraft train benches/runs/rt-polarity.toml --out "$results/run-$method" \
    --set device=cuda:0 --set "model.source=$model" --set "method.use=$method" \
    --set "data.train=$(realpath "$results")/csv/train.csv" --set "data.test=$(realpath "$results")/csv/test.csv"
  step "peer-$method" python3 benches/peers/train_text.py --data "$data" --model "$model" --method "$method" --device cuda
done
