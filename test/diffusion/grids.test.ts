import { describe, expect, it } from 'vitest'
import {
  adams,
  ddim,
  exponentialSchedule,
  gaussianDenoiser,
  gridFrom,
  gridNames,
  karrasGrid,
  levelsOf,
  parameterizationFrom,
  respacedGrid,
  sampler,
  sigmaGrid,
  standardGaussian,
  taperedGrid,
} from '../../src/diffusion/index.ts'
import { finer } from '../../src/posterior/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { expectClose } from '../numbers.ts'

/** Kept levels of the 1,000 of DDPM, by guided-diffusion's rule and numpy's products, from low to high. */
const respaced = [
  { steps: 1, levels: [0.0100005, 157.407281] },
  { steps: 4, levels: [0.0100005, 0.958033715, 3.44296711, 17.246983, 157.407281] },
  // Of indices 166.5 and 832.5 to the even ones.
  {
    steps: 6,
    levels: [0.0100005, 0.583640477, 1.4623567, 3.44296711, 9.48892023, 33.5219269, 157.407281],
  },
  {
    steps: 10,
    levels: [
      0.0100005, 0.342259699, 0.723591259, 1.24016105, 2.041087, 3.44296711, 6.13520888, 11.9395196,
      25.5284814, 60.2714101, 157.407281,
    ],
  },
]

describe('respacing', () => {
  const ddpm = parameterizationFrom('vp:betas=linear').schedule()

  it.each(respaced)('keeps the published levels in $steps steps', ({ steps, levels }) => {
    expectClose(respacedGrid(ddpm, steps), levels.toReversed(), 1e-8)
    const doubled = levels.map((level) => 2 * level)
    expectClose(respacedGrid(exponentialSchedule(), steps, 'linear'), doubled.toReversed(), 1e-8)
  })

  it('of a continuous time takes 1,000 times uniform in [0.001, 1]', () => {
    const levels = [152.16697, 17.0170168, 3.43160194, 0.958800748, 0.0104859928]
    expectClose(respacedGrid(parameterizationFrom('vp').schedule(), 4), levels, 1e-8)
  })

  it('takes all levels in 999 steps, and no more', () => {
    expect(respacedGrid(ddpm, 999)).toEqual(ddpm.levels?.toReversed())
    expect(() => respacedGrid(ddpm, 1000)).toThrow(
      "grid 'respaced': 1000 levels make 999 steps and the last denoise, got 1000 steps",
    )
  })

  it('wants levels', () => {
    expect(() => respacedGrid(exponentialSchedule(), 4)).toThrow(
      "grid 'respaced': the prior has no levels of its own",
    )
  })

  it('leaves out the last level of the cosine, which is of no use', () => {
    const { levels = [] } = parameterizationFrom('vp:betas=cosine').schedule()
    expect(levels).toHaveLength(999)
    expect(levels[998]).toBeLessThan(1e3)
  })
})

describe('grids by name', () => {
  const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 80 })

  it.each([
    ['tapered', taperedGrid(schedule, 5)],
    ['uniform', sigmaGrid(schedule, 5)],
    ['karras', karrasGrid(schedule, 5)],
    ['karras:rho=3', karrasGrid(schedule, 5, 3)],
    ['respaced:of=linear', respacedGrid(schedule, 5, 'linear')],
  ])('%s', (text, levels) => {
    expect(gridFrom(text)(schedule, 5)).toEqual(levels)
  })

  it('are all known, and others are not', () => {
    expect(gridNames).toEqual(['tapered', 'uniform', 'karras', 'respaced'])
    expect(() => gridFrom('karas')).toThrow(
      "unknown grid 'karas', did you mean 'karras'? (known: tapered, uniform, karras, respaced)",
    )
    expect(() => gridFrom('tapered:rho=3')).toThrow("tapered: unknown setting 'rho', it has no settings")
    expect(() => gridFrom('karras:rho=0')).toThrow("karras: 'rho' must be a number above 0, got 0")
  })

  it('are the levels of a sampler, as if these were written out', async () => {
    const drawn = async (grid: Parameters<typeof levelsOf>[0]['grid']) => {
      const draw = sampler(() => gaussianDenoiser(standardGaussian(2)), {
        ...{ schedule, grid, steps: 5, step: ddim() },
      })
      const x = await draw({}, { shape: [3, 2], seed: 1 })
      await draw.release()
      return toNumbers(x)
    }
    const karras = await drawn(karrasGrid)
    expect(karras).toEqual(await drawn(karrasGrid(schedule, 5)))
    expect(karras).not.toEqual(await drawn(sigmaGrid))
  })

  it('are made finer between their levels, where a draw is made again', () => {
    const { grid } = finer({ schedule, grid: karrasGrid, steps: 3, step: adams() }, 2)
    const levels = levelsOf({ grid })
    expect(levels).toHaveLength(7)
    expectClose(
      levels.filter((_, i) => i % 2 === 0),
      karrasGrid(schedule, 3),
      1e-12,
    )
  })
})
