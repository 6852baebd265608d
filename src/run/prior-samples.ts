/** Draws of the prior that distillation simulates from. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TweedieError } from '../error.ts'
import { readArrays, writeArrays } from '../formats/index.ts'
import { priorLatents } from '../posterior/index.ts'
import { NdArray } from '../tensor/index.ts'
import type { DistillObjective, DistillRequest } from './distill-request.ts'
import type { Run } from './folder.ts'

/** Draws of the prior in its own units, made once for a run and kept in it. */
export const priorSamples = async (
  run: Run,
  { prior, options, seed, onProgress, signal }: DistillRequest,
  { count, steps }: NonNullable<DistillObjective['samples']>,
): Promise<NdArray<'float32'>> => {
  const path = join(run.paths.draws, 'prior.npz')
  if (existsSync(path)) {
    const { x } = readArrays(path)
    if (x?.data instanceof Float32Array) return new NdArray('float32', x.shape, x.data)
    throw new TweedieError('input', `${path}: expected a float32 array 'x'`)
  }
  const x = await priorLatents(prior, count, {
    ...options.execute,
    steps,
    batch: Math.min(count, 64),
    seed,
    onProgress: (done, total) => onProgress?.({ phase: 'prior samples', done, total }),
    signal,
  })
  writeArrays(path, { x })
  return x
}
