/** Counts of `distill`. */
import { type DistillRequest, distillCost } from '../../run/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import { isLarge } from '../own/simulated.ts'
import { partsMemory, savingMemory, trainingMemory } from './estimate.ts'
import type { Counts } from './plan.ts'

/** Bytes of a float32. */
const FLOAT = 4

/** How steps of a distillation are taken. */
type Steps = DistillRequest['options'] & { readonly microBatch?: number }

/**
 * Counts of a distillation.
 *
 * @param items - measurements; the request has a few of them
 */
export const countDistillation = async (
  request: DistillRequest,
  { items, assumed }: { readonly items: number; readonly assumed?: string },
): Promise<Counts> => {
  const { flow, prior, set, steps, objective } = request
  const { batch, microBatch = batch }: Steps = request.options
  const rows = Math.min(microBatch, batch)
  const cost = await distillCost(request, rows)
  const { weights, statistics } = cost
  const arrays = [
    set.y,
    ...Object.values(set.operator.parameters),
    ...Object.values(set.operator.truth ?? {}),
  ]
  const each = (FLOAT * arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0)) / set.y.shape[0]
  const signal = FLOAT * sizeOf(prior.event)
  const isInFile = isLarge({ shape: [items, ...prior.event] })
  const observed = items * each
  const held = (isInFile ? 0 : observed) + (objective?.samples?.count ?? 0) * signal + 2 * cost.constants
  const fields = ['train.microBatch', 'train.batch', 'flow', 'data.count']
  return {
    command: 'distill',
    network: flow.kind,
    event: prior.event,
    items,
    assumed,
    step: { cost, batch, rows, laps: [steps] },
    stages: [
      {
        name: 'training',
        memory: (rows < batch ? partsMemory : trainingMemory)(cost, 0) + held,
        fields,
      },
      {
        name: 'saving the sampler',
        memory: savingMemory(weights),
        fields,
      },
    ],
    stored: [
      ...(isInFile ? [{ name: 'observations', bytes: observed, fields: ['data.count'] }] : []),
      { name: 'resume points', bytes: 2 * (3 * weights + statistics), fields: ['flow'] },
      { name: 'the sampler, and as ONNX', bytes: 2 * (weights + statistics), fields: ['flow'] },
      ...(objective?.samples
        ? [
            {
              name: 'samples of the prior',
              bytes: objective.samples.count * signal,
              fields: ['objective.samples'],
            },
          ]
        : []),
    ],
  }
}
