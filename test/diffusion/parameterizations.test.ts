import { describe, expect, it } from 'vitest'
import {
  denoisingLoss,
  edm,
  exponentialSchedule,
  parameterizationFrom,
  parameterizationOf,
  standardGaussian,
  vp,
} from '../../src/diffusion/index.ts'
import { stream } from '../../src/random/index.ts'
import {
  add,
  alignTo,
  full,
  item,
  jit,
  mul,
  sin,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { expectClose, f64, wave } from '../numbers.ts'

/** A network that is a formula, sin(0.7 u + 0.01 label), so that its loss can be had by numbers alone. */
const net = {
  apply: (_: readonly Tensor[], u: Tensor, label: Tensor) =>
    sin(add(mul(u, 0.7), mul(alignTo(label, u), 0.01))),
}

const [B, N] = [6, 3]
const [x, z] = [wave(B * N, 1), wave(B * N, 2).map((v) => 1.4 * v)]
const times = [1e-4, 0.03, 0.25, 0.5, 0.9, 0.9999]

/** α² and label of a time, as the papers have them. */
const continuousAt = (time: number) => {
  const t = 1e-5 + (1 - 1e-5) * time
  return { abar: Math.exp(-(0.1 * t + (19.9 * t * t) / 2)), label: 999 * t }
}
const discreteAt = (time: number) => {
  const label = Math.floor(1000 * time)
  let abar = 1
  for (let i = 0; i <= label; i++) abar *= 1 - (1e-4 + ((0.02 - 1e-4) * i) / 999)
  return { abar, label }
}

describe('prediction of the noise', () => {
  it.each([
    { text: 'vp', at: continuousAt, scale: 1, shift: 0 },
    { text: 'vp:data=unit', at: continuousAt, scale: 0.25, shift: 0.5 },
    { text: 'vp:betas=linear', at: discreteAt, scale: 1, shift: 0 },
    { text: 'vp:betas=linear:data=signed', at: discreteAt, scale: 0.5, shift: 0 },
  ])('has the ε loss of $text as its denoising loss', async ({ text, at, scale, shift }) => {
    const errors = x.map((v, i) => {
      const { abar, label } = at(times[Math.floor(i / N)])
      const u = Math.sqrt(abar) * (scale * v + shift) + Math.sqrt(1 - abar) * z[i]
      return Math.sin(0.7 * u + 0.01 * label) - z[i]
    })
    const epsilon = errors.reduce((sum, e) => sum + e * e, 0) / errors.length
    const { denoiser, levelOf, weight } = parameterizationFrom(text)
    const loss = jit((x: Tensor, z: Tensor, t: Tensor) =>
      denoisingLoss(denoiser(net, []), x, z, levelOf(t, exponentialSchedule()), weight),
    )
    expect(item(await loss(f64(x, [B, N]), f64(z, [B, N]), f64(times)))).toBeCloseTo(epsilon, 9)
  })

  it('draws times uniformly, and each label alike', async () => {
    const { times: draw, levelOf, schedule } = vp({ betas: 'linear' })
    const at = { lap: 0, step: 0, observation: Array.from({ length: 4000 }, (_, i) => i) }
    const t = draw(stream(0, 'times'), at)
    expect(t.shape).toEqual([4000])
    expect(t.data.reduce((sum, v) => sum + v / 4000, 0)).toBeCloseTo(0.5, 1)
    const { levels = [] } = schedule()
    const middles = levels.map((_, i) => (i + 0.5) / 1000)
    const level = jit((time: Tensor) => levelOf(time, exponentialSchedule()))
    expectClose(toNumbers(await level(f64(middles))), levels, 1e-12)
    expectClose(toNumbers(await level(f64([1e-9, 1 - 1e-12]))), [levels[0], levels[999]], 1e-12)
  })

  it('clips x̂ in use and not in training, where the gradient would be lost', async () => {
    const { denoiser } = vp({ clip: 0.5 })
    const program = jit((xt: Tensor, s: Tensor) => {
      const [used, trained] = [denoiser(net, []), denoiser(net, [], { training: {} })].map((D) => D(xt, s))
      const one = add(mul(xt, 0), 1)
      return { used, trained, slope: vjp(used, xt, one) }
    })
    const { used, trained, slope } = await program(f64([3, 0.1], [2, 1]), full([2], 0.4, 'float64'))
    expect(toNumbers(trained)[0]).toBeGreaterThan(2)
    expectClose(toNumbers(used), [0.5, toNumbers(trained)[1]], 1e-12)
    expect(toNumbers(slope)[0]).toBe(0)
    expect(toNumbers(slope)[1]).not.toBe(0)
  })

  it('has the levels that its times have', () => {
    const asked = { sigmaMin: 1e-3, sigmaMax: 100 }
    expect(vp().schedule(asked)).toMatchObject({ sigmaMax: 100 })
    expect(vp().schedule(asked).sigmaMin).toBeCloseTo(0.010486, 6)
    const { sigmaMin, sigmaMax } = vp({ betas: 'linear', data: 'signed' }).schedule()
    expectClose([sigmaMin, sigmaMax], [0.020001, 314.814562], 1e-6)
    expect(edm.schedule(asked)).toMatchObject(asked)
    expect(() => vp().schedule({ sigmaMin: 200, sigmaMax: 300 })).toThrow(
      'vp: networks learn noise levels from 0.0105 to 152, got sigmaMin 200 and sigmaMax 300',
    )
  })

  it('corrects no Gaussian', () => {
    expect(() => vp().denoiser(net, [], { skip: standardGaussian(3) })).toThrow(
      'vp: predicts noise, and corrects no denoiser of a Gaussian',
    )
  })
})

describe('parameterizations by name', () => {
  it('are those of EDM where nothing is said, with all their settings in them', () => {
    expect(parameterizationOf()).toBe(edm)
    expect(parameterizationFrom('edm')).toBe(edm)
    const { name, settings } = parameterizationFrom('vp:betas=cosine')
    expect({ name, settings }).toEqual({
      name: 'vp',
      settings: {
        ...{ betas: 'cosine', steps: 1000, betaMin: 0, betaMax: 0, scale: 999, data: 'prior', clip: 0 },
      },
    })
    expect(parameterizationOf({ name, settings }).settings).toEqual(settings)
  })

  it.each([
    ['pv', "unknown parameterization 'pv', did you mean 'vp'? (known: edm, vp)"],
    ['edm:clip=2', "edm: unknown setting 'clip', it has no settings"],
    ['vp:clip=-1', "vp: 'clip' must be a number of at least 0, got -1"],
    ['vp:beta=linear', "vp: unknown setting 'beta'; did you mean 'betas'?"],
    ['vp:betas=linear:betaMax=2', 'vp: β must lie in (0, 1), got 0.0001 to 2'],
    ['vp:betaMin=30', 'vpSde: needs 0 < betaMin <= betaMax, got 30 and 20'],
    ['vp:data=signde', "vp: 'data' must be one of prior|signed|unit, got signde"],
  ])('%s is refused', (text, message) => {
    expect(() => parameterizationFrom(text)).toThrow(message)
  })

  it('of a file with settings that it does not have is refused', () => {
    expect(() => parameterizationOf({ name: 'edm', settings: { clip: 2 } })).toThrow(
      "edm: unknown setting 'clip'",
    )
  })
})
