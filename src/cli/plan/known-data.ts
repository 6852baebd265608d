/**
 * What public data hold, by the usual name of their folder: so a plan can be made before they are there.
 * Sizes are those of their publications.
 */
import type { CleanData, Split } from '../../datasets/index.ts'
import { zeros } from '../../tensor/index.ts'

interface KnownData {
  /** Of the last part of a path. */
  readonly name: RegExp
  readonly event: readonly number[]
  readonly counts: Readonly<Partial<Record<Split, number>>>
  readonly what: string
}

const known: readonly KnownData[] = [
  {
    name: /^cifar-10-batches-bin$/,
    event: [3, 32, 32],
    counts: { train: 50_000, test: 10_000, all: 60_000 },
    what: 'CIFAR-10',
  },
  // Slices 10 … 40 of the training volumes, as in DiEM.
  { name: /^singlecoil_train$/, event: [1, 320, 320], counts: { train: 24_853 }, what: 'fastMRI knees' },
  {
    name: /^celeba-train-32$/,
    event: [3, 32, 32],
    counts: { train: 162_770 },
    what: 'CelebA, training part',
  },
  { name: /^celeba-test-32$/, event: [3, 32, 32], counts: { train: 19_962 }, what: 'CelebA, test part' },
  {
    name: /^era5_temp2m_16x$/,
    event: [1, 4144],
    counts: { train: 8510, val: 1166, test: 2420 },
    what: 'ERA5 temperatures as GASP has them',
  },
  {
    name: /^bunny:(.*\/)?mnist-idx$/,
    event: [1, 1896],
    counts: { train: 60_000, test: 10_000, all: 70_000 },
    what: 'MNIST on the bunny',
  },
]

/** What is known of data that are not there. */
interface FoundData {
  readonly event: readonly number[]
  readonly what: string
  readonly count: number
  /** A few items of that shape, all zeros. */
  readonly clean: (few: number) => CleanData
}

/** Data that are not there, by their name. */
export const knownData = (source: string, split: Split): FoundData | undefined => {
  const view = source.startsWith('bunny:') ? 'bunny:' : ''
  const name = `${view}${source.replace(/\/+$/, '').split('/').at(-1)?.replace('bunny:', '') ?? ''}`
  const found = known.find((entry) => entry.name.test(name))
  const count = found?.counts[split]
  if (!found || count === undefined) return undefined
  const { event, what } = found
  const kind = event.length === 3 ? 'image' : 'signal'
  return {
    event,
    what,
    count,
    clean: (few) => ({ x: zeros([few, ...event]), range: [0, 1], view: { kind } }),
  }
}
