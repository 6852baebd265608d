/** The same small run learned every way: its prior has the same bytes. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileDigest } from '../../src/formats/index.ts'
import { type Command, tweedie } from './processes.ts'
import type { Queue } from './queues.ts'

/** The demo's network in miniature, on digits: two laps of six shards. */
const configuration = [
  fileURLToPath(new URL('../../experiments/demo-quick.yaml', import.meta.url)),
  'data.count=60',
  'gaussian.rank=4',
  'gaussian.iterations=2',
  'em.batch=20',
  'em.draws=2',
  'em.refitRank=4',
  'em.sampling.steps=4',
  'train.firstSteps=10',
  'train.steps=10',
  'monitor.samples=0',
]

/** Of one way. */
export interface LearnedBits {
  readonly way: string
  /** SHA-256 of the prior's file. */
  readonly digest: string
}

const learned = async (
  path: string,
  options: readonly string[],
  others: readonly Command[] = [],
): Promise<string> => {
  try {
    await tweedie('learn', ...configuration, '-o', path, ...options).done
  } finally {
    for (const other of others) await other.stop()
  }
  return fileDigest(join(path, 'checkpoints', 'prior.safetensors'))
}

/** Learns by each way, in folders of a folder, one after the other. */
export const bitsOf = async (folder: string, queues: readonly Queue[]): Promise<LearnedBits[]> => {
  const at = (name: string): string => join(folder, `bits-${name}`)
  const part = (index: number): Command =>
    tweedie('shard', at('files'), '--index', `${index}`, '--of', '2', '--wait')
  const bits: LearnedBits[] = [
    { way: 'in-process', digest: await learned(at('alone'), []) },
    { way: '--workers 2', digest: await learned(at('workers'), ['--workers', '2', '--threads', '1']) },
    { way: 'files', digest: await learned(at('files'), ['--executor', 'files'], [0, 1].map(part)) },
  ]
  for (const { name, url } of queues) {
    const workers = [0, 1].map(() => tweedie('worker', '--queue', url))
    bits.push({ way: name, digest: await learned(at(name), ['--queue', url], workers) })
  }
  return bits
}
