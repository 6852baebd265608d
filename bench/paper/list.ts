/** The configurations of the papers, and of the priors that they need. */

/** One of them. */
export interface PaperEntry {
  readonly name: string
  readonly command: 'learn' | 'train' | 'distill'
  /** Path of the configuration. */
  readonly config: string
  /** Rows of a micro-batch here; a step takes two of them. */
  readonly microBatch: number
  /** Rows of an E-step's shard; more where a network is so small that two cost what hundreds do. */
  readonly shard: number
  /** Of distillations: the entry that makes the prior. */
  readonly prior?: string
  /** Only there to be the prior of another. */
  readonly auxiliary?: boolean
}

const learned = (name: string, microBatch: number): PaperEntry => ({
  name,
  command: 'learn',
  config: `experiments/${name}.yaml`,
  microBatch,
  shard: 2,
})

const trained = (name: string, microBatch: number): PaperEntry => ({
  ...learned(name, microBatch),
  command: 'train',
})

/** Distillations take batches of 64, which are two micro-batches. */
const distilled = (config: string, prior: string, name = config): PaperEntry => ({
  name,
  command: 'distill',
  config: `experiments/distill/${config}.yaml`,
  microBatch: 32,
  shard: 2,
  prior,
})

export const entries: readonly PaperEntry[] = [
  { ...learned('manifold', 512), shard: 256 },
  learned('cifar-paper-25', 4),
  learned('cifar-paper-50', 4),
  learned('cifar-paper-75', 4),
  learned('mri-paper', 2),
  trained('celeba-paper', 8),
  trained('era5-paper', 8),
  trained('bunny-paper', 8),
  { ...learned('digits', 32), auxiliary: true },
  distilled('denoise-paper', 'celeba-paper'),
  distilled('deblur-paper', 'celeba-paper'),
  distilled('sr2-paper', 'celeba-paper'),
  distilled('sphere-paper', 'era5-paper'),
  distilled('sphere-blind-paper', 'era5-paper'),
  distilled('bunny-paper', 'bunny-paper', 'bunny-paper-flow'), // its prior has its name
  distilled('digits-paper', 'digits'),
]
