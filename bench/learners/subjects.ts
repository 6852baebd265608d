/** Images that the learners can learn from, with the learning that each budget allows. */
import { loadMnist, loadPhotos } from '../../src/datasets/index.ts'
import { type NdArray, rows } from '../../src/tensor/index.ts'

/** Names of the budgets. */
export const budgets = ['quick', 'full'] as const
export type Budget = (typeof budgets)[number]

/** What a budget is on one set of images. */
interface Recipe {
  /** A shipped experiment, whose learning it is but for the overrides. */
  readonly config: string
  readonly overrides: readonly string[]
  /** Images to learn from. */
  readonly count: number
  /** How much is judged: prior samples, restored test images, draws of each. */
  readonly judged: { readonly samples: number; readonly restored: number; readonly draws: number }
  /** Steps of a restoration. */
  readonly restoring: number
}

/** Images to learn from. */
export interface Subject {
  /** What its images are called in a table. */
  readonly title: string
  /** @returns [count, C, H, W] in [0, 1], fewer where there are no more */
  images(split: 'train' | 'test', count: number): NdArray<'float32'>
  /** What prior samples are compared with, and how the table says it. */
  readonly reference: { readonly split: 'train' | 'test'; readonly count: number }
  /** Noise of the observations, in [0, 1] units. */
  readonly noise: number
  readonly recipes: Readonly<Record<Budget, Recipe>>
}

const digits: Subject = {
  title: 'digits',
  images: (split, count) => loadMnist({ split, count }).images,
  reference: { split: 'test', count: 1000 },
  // Less than in the demo, since AmbientDiffusion knows of no noise.
  noise: 0.01,
  recipes: {
    quick: {
      config: 'demo-quick.yaml',
      overrides: [],
      count: 500,
      judged: { samples: 200, restored: 20, draws: 4 },
      restoring: 20,
    },
    full: {
      config: 'demo.yaml',
      overrides: ['em.laps=8', 'train.firstSteps=250', 'train.steps=200', 'train.lastSteps=200'],
      count: 1000,
      judged: { samples: 1000, restored: 100, draws: 8 },
      restoring: 20,
    },
  },
}

/** Distances are to the photographs that were learned from, as those of the literature are. */
const photographs: Subject = {
  title: 'photographs',
  images: (split, count) => {
    const all = loadPhotos(split)
    return rows(all, 0, Math.min(count, all.shape[0]))
  },
  reference: { split: 'train', count: 2610 },
  noise: 0.01,
  recipes: {
    quick: {
      config: 'photos-75.yaml',
      overrides: ['em.laps=2', 'train.firstSteps=4', 'train.steps=4', 'em.sampling.steps=4'],
      count: 90,
      judged: { samples: 80, restored: 4, draws: 2 },
      restoring: 4,
    },
    full: {
      config: 'photos-75.yaml',
      // Laps as in the demo: many short ones, narrow draws first. About 40 minutes of one core.
      overrides: [
        ...['em.laps=8', 'em.early.laps=5', 'em.early.step=ddim', 'em.early.steps=14'],
        ...['em.sampling.step=adams', 'em.sampling.steps=20'],
        ...['train.firstSteps=600', 'train.steps=350', 'train.lastSteps=1500', 'train.ema=0.99'],
      ],
      count: 2610,
      judged: { samples: 1000, restored: 64, draws: 8 },
      restoring: 64,
    },
  },
}

/** Names of the sets of images. */
export const subjectNames = ['digits', 'photographs'] as const
export type SubjectName = (typeof subjectNames)[number]

/** All sets of images by name. */
export const subjects: Readonly<Record<SubjectName, Subject>> = { digits, photographs }
