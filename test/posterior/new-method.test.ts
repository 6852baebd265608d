/** A posterior method is one file and one line in the list: everything else finds it there. */
import { describe, expect, it, vi } from 'vitest'
import { moreHelp } from '../../src/cli/program.ts'
import { gaussianDenoiser, standardGaussian } from '../../src/diffusion/index.ts'
import { identity, isotropicNoise } from '../../src/operators/index.ts'
import {
  compileMethod,
  type GuidanceMethod,
  methodNamed,
  methodNames,
  methodSpec,
} from '../../src/posterior/index.ts'
import { ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { guidanceMethods } from '../contract/lists/guidance.ts'
import { expectClose } from '../numbers.ts'

vi.mock(import('../../src/posterior/methods.ts'), async (original) => {
  const { guidanceEntry, withDefaults } = await import('../../src/posterior/method-entry.ts')
  const { update } = await import('../../src/posterior/update.ts')
  const { cg } = await import('../../src/linalg/index.ts')
  const { add, mul } = await import('../../src/tensor/index.ts')
  const { methods } = await original()
  /** The file of the new method: D = x̂ + gain Aᵀ (Σy + A Aᵀ)⁻¹ (y − A x̂). */
  const settings = {
    gain: { kind: 'number', default: 0.5, above: 0, description: 'weight of the data' },
    loud: { kind: 'flag', default: false, description: 'says more' },
  } as const
  const nudge = (options: { readonly gain?: number }) => {
    const { gain } = withDefaults('nudge', settings, options)
    const guide: GuidanceMethod = (prior, observation) => (xt, sigma) => {
      const xhat = prior(xt, sigma)
      return add(
        xhat,
        mul(
          update(observation, xhat, (v) => v, cg()),
          gain,
        ),
      )
    }
    return guide
  }
  const entry = guidanceEntry({
    name: 'nudge',
    title: 'Nudge',
    reference: 'nobody 2026',
    needs: 'any',
    usesNoise: true,
    settings,
    make: nudge,
    vjps: () => 0,
  })
  return { methods: [...methods, entry] } // its line in the list
})

describe('a new method', () => {
  it('is known by name, with its settings as they are written', () => {
    expect(methodNames).toContain('nudge')
    expect(methodSpec('nudge:gain=0.25:loud')).toEqual({
      method: 'nudge',
      settings: { gain: 0.25, loud: true },
    })
    expect(methodSpec('nudge:loud=false').settings).toEqual({ loud: false })
    expect(() => methodSpec('nudge:loud=maybe')).toThrow("expected nudge:loud=true|false, got 'loud=maybe'")
    expect(() => methodSpec('nugde')).toThrow("did you mean 'nudge'?")
    expect(methodNamed('nudge').cost()).toEqual({ evaluations: 1, vjps: 0 })
  })

  it('is in the help of the commands that take methods', async () => {
    const said =
      'nudge: Nudge (nobody 2026), any differentiable operator. ' +
      'gain=0.5 (weight of the data), loud=false (says more)'
    for (const name of ['sample', 'compare', 'tune'])
      expect(await moreHelp([name, '--help'])).toEqual({ [name]: expect.stringContaining(said) })
    expect(await moreHelp(['sample', 'prior'])).toEqual({})
  })

  it('is in the contract of methods', () => {
    expect(guidanceMethods.map(({ name }) => name)).toContain('nudge')
  })

  it('samples', async () => {
    const observationOf = ({ y }: { y: Tensor }) => ({ y, A: identity([1]), noise: isotropicNoise(1) })
    const { method, settings } = methodSpec('nudge:gain=1')
    const prior = gaussianDenoiser(standardGaussian(1))
    const grid = [1e-2, 1e-3]
    const draw = compileMethod(methodNamed(method).make(settings), prior, observationOf, {
      grid,
      start: 'plain',
    })
    const x = toNumbers(await draw({ y: ndarray([2, 4], [2, 1]) }, { shape: [2, 1], seed: 0 }))
    await draw.release()
    // From near 0 the step goes to half of y, the last denoise half of the rest.
    expectClose(x, [1.5, 3], 0.05)
  })
})
