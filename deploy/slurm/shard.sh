#!/bin/bash
# One part of the samples that a run waits for; learn.sh submits it as an array. A part that was stopped or
# preempted is put back into the queue, and goes on with the shards that are missing.
#SBATCH --job-name=tweedie-shard
#SBATCH --output=%x-%A_%a.log
#SBATCH --requeue
set -euo pipefail
: "${RUN:?the run folder}" "${PARTS:?parts in all}"
${TWEEDIE:-npx tweedie} shard "$RUN" --index "$SLURM_ARRAY_TASK_ID" --of "$PARTS" --json
