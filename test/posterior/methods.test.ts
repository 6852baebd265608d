import { describe, expect, it } from 'vitest'
import {
  type Denoiser,
  gaussianDenoiser,
  heun,
  predictorCorrector,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { gmres } from '../../src/linalg/index.ts'
import {
  diagonalNoise,
  identity,
  isotropicNoise,
  type LinearOperator,
  mask,
  type Observation,
} from '../../src/operators/index.ts'
import {
  ddnm,
  diffpir,
  dps,
  isotropicTwist,
  type MethodName,
  mcg,
  methodNamed,
  methodNames,
  methods,
  mmps,
  mmpsTwist,
  pigdm,
  redDiffGradient,
  repaint,
  type Settings,
  settled,
  tmpd,
} from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { topological } from '../../src/tensor/gradient.ts'
import {
  constant,
  full,
  input,
  matmul,
  mul,
  ndarray,
  square,
  type Tensor,
  tanh,
  toNumbers,
} from '../../src/tensor/index.ts'
import { wave } from '../numbers.ts'

const n = 4
const weight = constant(ndarray(wave(n * n), [n, n]))
/** A network of one matrix: each evaluation and each product through its Jacobian multiplies by it once. */
const network: Denoiser = (xt) => tanh(matmul(xt, weight))

const xt = input('float32', [1, n])
const sigma = input('float32', [1])
const z = input('float32', [1, n])
const move = { sigma: input('float32', []), sensitivity: input('float32', []) }
const seen = (): Observation => ({
  y: input('float32', [1, n]),
  A: mask(constant(full([1, n], 1))),
  noise: isotropicNoise(0.1),
})

const products = (outputs: readonly Tensor[]): number =>
  topological(outputs).filter(({ op, inputs }) => op.name === 'matmul' && inputs.includes(weight)).length

/** What one particle or one evaluation computes, for each method, as expressions. */
const graphs: Partial<Record<MethodName, (o: Observation, settings: Settings) => Tensor[]>> = {
  mmps: (o, { iterations }) => [mmps(network, o, { solve: gmres({ iterations }) })(xt, sigma, move)],
  dps: (o) => [dps(network, o)(xt, sigma, move)],
  pigdm: (o) => [pigdm(network, o)(xt, sigma, move), pigdm(network, o, { form: 'pinv' })(xt, sigma, move)],
  tmpd: (o) => [tmpd(network, o)(xt, sigma, move)],
  diffpir: (o) => [diffpir(network, o)(xt, sigma, move)],
  mcg: (o) => [mcg(network, o)(xt, sigma, move)],
  ddnm: (o) => [ddnm(network, o)(xt, sigma, move)],
  'red-diff': (o) => [redDiffGradient(network, o, { mu: xt, sigma: move.sigma, z, weight: 1 })],
  tds: (o) => Object.values(isotropicTwist()(network, o)(xt, sigma)),
  'smc-mmps': (o, { iterations }) =>
    Object.values(mmpsTwist({ density: 'diagonal', solve: gmres({ iterations }) })(network, o)(xt, sigma)),
}

describe('the cost that a method states is what its graph holds', () => {
  it.each(Object.entries(graphs))('%s', (name, graph) => {
    const method = methodNamed(name)
    const settings = settled(method)
    const { evaluations, vjps } = method.cost(settings)
    const total = (evaluations + vjps) / (settings.particles ?? 1)
    // Two forms of ΠGDM in one graph share the evaluation, not the product.
    expect(products(graph(seen(), settings))).toBe(name === 'pigdm' ? total + 1 : total)
  })

  it('tmpd, diagonal form, and the dense twist', () => {
    expect(products([tmpd(network, seen(), { form: 'diagonal' })(xt, sigma)])).toBe(1 + 2)
    const dense = mmpsTwist({ density: 'dense' })(network, seen())(xt, sigma)
    expect(products(Object.values(dense))).toBe(1 + n + 1)
  })

  it('grows with iterations, particles, corrections and repeats', () => {
    expect(methods.mmps.cost({ iterations: 3 })).toEqual({ evaluations: 1, vjps: 4 })
    expect(methods.mmps.cost({ iterations: 1 }, heun())).toEqual({ evaluations: 2, vjps: 4 })
    expect(methods.dps.cost({}, predictorCorrector({ corrections: 2 }))).toEqual({ evaluations: 3, vjps: 3 })
    expect(methods.tds.cost({ particles: 5 })).toEqual({ evaluations: 5, vjps: 5 })
    expect(methods.repaint.cost({ repeats: 4 })).toEqual({ evaluations: 4, vjps: 0 })
    expect(methods.noise2score.cost()).toEqual({ evaluations: 0, vjps: 0 })
  })

  it('the last denoise: as dear as a step, or the network alone for methods that shift the next state', () => {
    const o = seen()
    const solve = gmres({ iterations: 3 })
    const graphs: Partial<Record<MethodName, Tensor>> = {
      mmps: mmps(network, o, { solve })(xt, sigma),
      dps: dps(network, o)(xt, sigma),
      pigdm: pigdm(network, o)(xt, sigma),
      mcg: mcg(network, o)(xt, sigma),
      tmpd: tmpd(network, o)(xt, sigma),
      diffpir: diffpir(network, o)(xt, sigma),
      ddnm: ddnm(network, o)(xt, sigma),
    }
    for (const [name, graph] of Object.entries(graphs)) {
      const { evaluations, vjps } = methodNamed(name).last(name === 'mmps' ? { iterations: 3 } : {})
      expect(products([graph]), name).toBe(evaluations + vjps)
    }
    expect(methods.tds.last({ particles: 5 })).toEqual({ evaluations: 5, vjps: 0 })
    expect(methods.noise2score.last()).toEqual({ evaluations: 1, vjps: 0 })
    expect(methods['red-diff'].last()).toEqual({ evaluations: 0, vjps: 0 })
  })
})

const event = [n] as const
const prior = gaussianDenoiser(standardGaussian(n))
interface Context {
  readonly y: Tensor
  readonly m: Tensor
}
const masked = ({ y, m }: Context): Observation => ({ y, A: mask(m), noise: isotropicNoise(0.1) })
const clean = ({ y }: Pick<Context, 'y'>): Observation => ({
  y,
  A: identity(event),
  noise: isotropicNoise(0.1),
})
const squared = ({ y }: Pick<Context, 'y'>): Observation => ({
  y,
  A: { name: 'square', linear: false, inShape: event, outShape: event, apply: square },
  noise: isotropicNoise(0.1),
})
const unnamed: LinearOperator = {
  name: 'double',
  linear: true,
  inShape: event,
  outShape: event,
  apply: (x) => mul(x, 2),
  adjoint: (y) => mul(y, 2),
}
const doubled = ({ y }: Pick<Context, 'y'>): Observation => ({ y, A: unnamed, noise: isotropicNoise(0.1) })

const shape = [2, n] as const
const request = {
  shape,
  noise: (step: number, index: number) => normal(stream(4, `noise ${index}`), shape, { step: step + 1 }),
}
const y = ndarray([0.5, 0, -1, 0, 0, 0.2, 0, 1], shape)
const m = ndarray([1, 0, 1, 0, 0, 1, 0, 1], shape)

describe.each([...methodNames])('%s', (name) => {
  const method = methods[name]
  const options = { steps: 4 }

  it('samples finite numbers of the right shape, the same again', async () => {
    const run = async () => {
      if (method.needs === 'identity') {
        const draw = method.compile(prior, clean, {}, options)
        return draw({ y }, request)
      }
      const draw = method.compile(prior, masked, {}, options)
      return draw({ y, m }, request)
    }
    const [x, again] = [await run(), await run()]
    expect(x.shape).toEqual(shape)
    expect(toNumbers(x).every(Number.isFinite)).toBe(true)
    expect(toNumbers(again)).toEqual(toNumbers(x))
  })

  it('takes a non-linear operator, or says that it does not', async () => {
    const draw = method.compile(prior, squared, {}, options)
    if (method.needs === 'any') {
      expect(toNumbers(await draw({ y }, request)).every(Number.isFinite)).toBe(true)
    } else {
      await expect(draw({ y }, request)).rejects.toThrow(new RegExp(`${name}.*'square'`))
    }
    await draw.release()
  })

  it.runIf(method.needs !== 'any' && method.needs !== 'linear')(
    'refuses an operator without pseudo-inverse',
    async () => {
      await expect(method.compile(prior, doubled, {}, options)({ y }, request)).rejects.toThrow(
        new RegExp(`${name}.*'double'`),
      )
    },
  )

  it('has settings with defaults inside their range, and refuses others', () => {
    for (const { default: value, range, scale } of Object.values(method.settings)) {
      expect(value).toBeGreaterThanOrEqual(range[0])
      expect(value).toBeLessThanOrEqual(range[1])
      if (scale === 'integer') expect(Number.isInteger(value)).toBe(true)
    }
    expect(() => method.compile(prior, masked, { speed: 1 })).toThrow(`${name} has no setting 'speed'`)
    for (const key of Object.keys(method.settings)) {
      expect(() => method.compile(prior, masked, { [key]: -1 })).toThrow(`${name}: setting '${key}' must be`)
    }
  })
})

it('names that are not known get the nearest one', () => {
  expect(methodNamed('tmpd')).toBe(methods.tmpd)
  expect(() => methodNamed('difpir')).toThrow("unknown method 'difpir', did you mean 'diffpir'?")
})

it('noise2score needs isotropic noise', async () => {
  const noise = diagonalNoise(full([n], 0.1))
  const context = { y: input('float32', [1, n]), A: identity(event), noise }
  await expect(methods.noise2score.compile(prior, () => context)({}, request)).rejects.toThrow(
    "noise2score needs isotropic noise, got 'diagonal'",
  )
})

it('repaint takes masks', () => {
  expect(() => repaint(prior, doubled({ y: input('float32', [1, n]) }))).toThrow(
    "repaint needs a mask, got operator 'double'",
  )
})

it('predictor–corrector posterior sampling: every guidance method under Langevin corrections', async () => {
  for (const name of ['mmps', 'dps', 'pigdm', 'tmpd', 'diffpir', 'mcg', 'ddnm'] as const) {
    const method = predictorCorrector({ corrections: 2 })
    const draw = methods[name].compile(prior, masked, {}, { steps: 3, step: method })
    expect(toNumbers(await draw({ y, m }, request)).every(Number.isFinite)).toBe(true)
    await draw.release()
  }
})
