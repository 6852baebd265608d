/** The examples in TSDoc comments type-check against the public folders. */
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examplesOf, moduleFrom, sources, tagsOf } from './examples.ts'
import { folderOf, typeErrors } from './type-check.ts'

/** Files whose examples do not check yet. */
const unchecked: readonly string[] = [
  'amortize/bound.ts',
  'amortize/distiller.ts',
  'amortize/export.ts',
  'amortize/pareto.ts',
  'amortize/refine.ts',
  'amortize/restore.ts',
  'amortize/sampler.ts',
  'amortize/simulated.ts',
  'amortize/weigh.ts',
  'cli/config.ts',
  'cli/fitted-images.ts',
  'compare/tune.ts',
  'datasets/points.ts',
  'datasets/sphere.ts',
  'diffusion/precondition.ts',
  'diffusion/sampler.ts',
  'diffusion/travel.ts',
  'diffusion/vp.ts',
  'em/diem.ts',
  'em/exact-draw.ts',
  'linalg/cg.ts',
  'linalg/cg-descent.ts',
  'nn/mlp.ts',
  'observations/observation-set.ts',
  'observations/observe.ts',
  'operators/noise.ts',
  'posterior/dps.ts',
  'posterior/draws.ts',
  'posterior/methods.ts',
  'posterior/mmps.ts',
  'posterior/red-diff.ts',
  'posterior/repaint.ts',
  'posterior/smc.ts',
  'posterior/smc-mmps.ts',
  'posterior/tds.ts',
  'run/interrupt.ts',
  'training/ambient.ts',
  'training/gsure.ts',
  'training/learner.ts',
  'training/trainer.ts',
]

const nameOf = (file: string): string => file.replace(/\W/g, '-')

describe('examples in comments', () => {
  const examples = sources.filter((file) => !unchecked.includes(file)).flatMap(examplesOf)
  let folder: string

  beforeAll(() => {
    folder = folderOf(
      examples.map((example) => ({
        file: `${nameOf(example.file)}-${example.line}.ts`,
        code: moduleFrom(example),
      })),
    )
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('are found, wherever they stand', () => {
    const missed = sources.filter((file) => examplesOf(file).length !== tagsOf(file))
    expect(missed).toEqual([])
  })

  it('type-check', () => {
    expect(typeErrors(folder)).toEqual([])
  })
})
