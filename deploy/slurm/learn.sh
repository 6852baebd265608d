#!/bin/bash
# Learns a prior on a Slurm cluster. This job learns until a lap needs posterior samples and leaves; an array
# job draws them in parts (shard.sh); when all are drawn, this job follows again, until the last lap is done.
# Submit it in a folder where the package and the data of the configuration are, which all nodes see:
#
#   CONFIG=experiments/digits.yaml RUN=runs/digits PARTS=16 sbatch deploy/slurm/learn.sh
#
# Options of Slurm (partition, time, memory) are given to sbatch here; those of the parts in SHARD_OPTIONS.
#SBATCH --job-name=tweedie-learn
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
set -euo pipefail
: "${CONFIG:?the configuration to learn by}" "${RUN:?the run folder}" "${PARTS:=8}" "${SHARD_OPTIONS:=}"
scripts=${SCRIPTS:-deploy/slurm}
result=$(mktemp)

# A minute before its time is over, and when it is preempted, the job gets SIGTERM: tweedie saves itself, and
# the job goes back into the queue.
stopped=
trap 'stopped=yes; kill -TERM "$pid"' TERM
${TWEEDIE:-npx tweedie} learn "$CONFIG" -o "$RUN" --resume --executor later --json > "$result" &
pid=$!
wait "$pid" || true
if [ -n "$stopped" ]; then
  wait "$pid" || true
  echo 'saved; back into the queue'
  exec scontrol requeue "$SLURM_JOB_ID"
fi
wait "$pid"

waiting=$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8")).waiting ?? 0' "$result")
rm "$result"
if [ "$waiting" -eq 0 ]; then
  echo "learned: $RUN/checkpoints/prior.safetensors"
  exit
fi
parts=$((waiting < PARTS ? waiting : PARTS))
# shellcheck disable=SC2086 # several options
array=$(PARTS=$parts sbatch --parsable --array="0-$((parts - 1))" $SHARD_OPTIONS "$scripts/shard.sh")
next=$(sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes "$scripts/learn.sh")
echo "$waiting shards in $parts parts: job $array; then job $next"
