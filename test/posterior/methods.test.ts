import { describe, expect, it } from 'vitest'
import {
  type Denoiser,
  gaussianDenoiser,
  heun,
  predictorCorrector,
  type SamplerOptions,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { bicgstab, cg, gmres, steihaug } from '../../src/linalg/index.ts'
import {
  diagonalNoise,
  identity,
  isotropicNoise,
  type LinearOperator,
  mask,
  type Observation,
  projection,
} from '../../src/operators/index.ts'
import {
  type Cost,
  compileMethod,
  ddnm,
  diffpir,
  dps,
  isotropicTwist,
  type MethodEntry,
  mcg,
  methodNamed,
  methodNames,
  methodSpec,
  methods,
  mmps,
  mmpsTwist,
  onesCovariance,
  type PosteriorMethod,
  pigdm,
  redDiffGradient,
  tmpd,
} from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type Settings, settingsOf } from '../../src/settings.ts'
import { topological } from '../../src/tensor/gradient.ts'
import {
  constant,
  full,
  input,
  matmul,
  mul,
  type NdArray,
  ndarray,
  reshape,
  sizeOf,
  square,
  type Tensor,
  tanh,
  toNumbers,
} from '../../src/tensor/index.ts'
import { linearFamilies, nonlinearFamilies } from '../contract/lists/families.ts'
import { expectClose, f64, wave } from '../numbers.ts'

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
const graphs: Record<string, (o: Observation, settings: Settings) => Tensor[]> = {
  mmps: (o, { iterations }) => [mmps({ iterations: Number(iterations) })(network, o)(xt, sigma, move)],
  dps: (o) => [dps()(network, o)(xt, sigma, move)],
  pigdm: (o) => [pigdm()(network, o)(xt, sigma, move), pigdm({ form: 'pinv' })(network, o)(xt, sigma, move)],
  tmpd: (o) => [tmpd()(network, o)(xt, sigma, move)],
  diffpir: (o) => [diffpir()(network, o)(xt, sigma, move)],
  mcg: (o) => [mcg()(network, o)(xt, sigma, move)],
  ddnm: (o) => [ddnm()(network, o)(xt, sigma, move)],
  'red-diff': (o) => [redDiffGradient(network, o, { mu: xt, sigma: move.sigma, z, weight: 1 })],
  tds: (o) => Object.values(isotropicTwist()(network, o)(xt, sigma)),
  'smc-mmps': (o, { iterations }) =>
    Object.values(mmpsTwist({ iterations: Number(iterations) })(network, o)(xt, sigma)),
}

describe('the cost that a method states is what its graph holds', () => {
  it.each(Object.entries(graphs))('%s', (name, graph) => {
    const method = methodNamed(name)
    // A system of four entries takes four iterations at most.
    const settings: Settings = settingsOf(name, method.settings, name === 'mmps' ? { iterations: 3 } : {})
    const { evaluations, vjps } = method.cost(settings)
    const total = (evaluations + vjps) / Number(settings.particles ?? 1)
    // Two forms of ΠGDM in one graph share the evaluation, not the product.
    expect(products(graph(seen(), settings))).toBe(name === 'pigdm' ? total + 1 : total)
  })

  it('mmps with other settings', () => {
    const { cost } = methodNamed('mmps')
    const total = ({ evaluations, vjps }: Cost) => evaluations + vjps
    const by = mmps({ solve: bicgstab({ iterations: 2 }) })(network, seen())(xt, sigma)
    expect(products([by])).toBe(total(cost({ iterations: 2, solver: 'bicgstab' })))
    const trusted = mmps({ solve: steihaug({ iterations: 2 }) })(network, seen())(xt, sigma)
    expect(products([trusted])).toBe(total(cost({ iterations: 2, solver: 'steihaug' })))
    const ones = mmps({ iterations: 3, covariance: onesCovariance })(network, seen())(xt, sigma)
    expect(products([ones])).toBe(total(cost({ iterations: 3, covariance: 'ones' })))
  })

  it.each([...linearFamilies, ...nonlinearFamilies])('mmps of $name', ({ parameters, operator }) => {
    const A = operator(parameters(1).map(constant))
    const size = sizeOf(A.inShape)
    const first = input('float64', [size, 2])
    const second = input('float64', [2, size])
    const narrow: Denoiser = (x) =>
      reshape(matmul(tanh(matmul(reshape(x, [1, size]), first)), second), x.shape)
    const [x, level] = [input('float64', [1, ...A.inShape]), input('float64', [1])]
    const o = { y: input('float64', [1, ...A.outShape]), A, noise: isotropicNoise(0.1) }
    const graph = topological([mmps({ iterations: 2 })(narrow, o)(x, level)])
    const through = graph.filter(({ op, inputs }) => op.name === 'matmul' && inputs.includes(first))
    expect(through.length).toBe(1 + 2)
  })

  it('tmpd, diagonal form, and the dense twist', () => {
    expect(products([tmpd({ form: 'diagonal' })(network, seen())(xt, sigma)])).toBe(1 + 2)
    const dense = mmpsTwist({ density: 'dense' })(network, seen())(xt, sigma)
    expect(products(Object.values(dense))).toBe(1 + n + 1)
  })

  it('grows with iterations, particles, corrections and repeats', () => {
    const costOf = (name: string, ...at: Parameters<MethodEntry['cost']>) => methodNamed(name).cost(...at)
    expect(costOf('mmps', { iterations: 3 })).toEqual({ evaluations: 1, vjps: 3 })
    expect(costOf('mmps', { iterations: 1 }, heun())).toEqual({ evaluations: 2, vjps: 2 })
    expect(costOf('dps', {}, predictorCorrector({ corrections: 2 }))).toEqual({ evaluations: 3, vjps: 3 })
    expect(costOf('tds', { particles: 5 })).toEqual({ evaluations: 5, vjps: 5 })
    expect(costOf('repaint', { repeats: 4 })).toEqual({ evaluations: 4, vjps: 0 })
    expect(costOf('noise2score')).toEqual({ evaluations: 0, vjps: 0 })
  })

  it('the last denoise: as a step, or the network alone for methods that shift the next state', () => {
    const o = seen()
    const graphs: Record<string, Tensor> = {
      mmps: mmps({ iterations: 3 })(network, o)(xt, sigma),
      dps: dps()(network, o)(xt, sigma),
      pigdm: pigdm()(network, o)(xt, sigma),
      mcg: mcg()(network, o)(xt, sigma),
      tmpd: tmpd()(network, o)(xt, sigma),
      diffpir: diffpir()(network, o)(xt, sigma),
      ddnm: ddnm()(network, o)(xt, sigma),
    }
    for (const [name, graph] of Object.entries(graphs)) {
      const { evaluations, vjps } = methodNamed(name).last(name === 'mmps' ? { iterations: 3 } : {})
      expect(products([graph]), name).toBe(evaluations + vjps)
    }
    expect(methodNamed('tds').last({ particles: 5 })).toEqual({ evaluations: 5, vjps: 0 })
    expect(methodNamed('noise2score').last()).toEqual({ evaluations: 1, vjps: 0 })
    expect(methodNamed('red-diff').last()).toEqual({ evaluations: 0, vjps: 0 })
    // ΠGDM with its V in the denoiser does not shift the state: its last denoise is guided.
    const inside = pigdm({ form: 'ones' })(network, o)(xt, sigma)
    const { evaluations, vjps } = methodNamed('pigdm').last({ form: 'ones' })
    expect(products([inside])).toBe(evaluations + vjps)
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

const drawOf = <C>(name: string, observationOf: (context: C) => Observation, options: SamplerOptions = {}) =>
  compileMethod(methodNamed(name).make(), prior, observationOf, options)

describe.each([...methodNames])('%s', (name) => {
  const method = methodNamed(name)
  const options = { steps: 4 }

  it('samples finite numbers of the right shape, the same again', async () => {
    const run = async () => {
      if (method.needs === 'identity') {
        const draw = drawOf(name, clean, options)
        return draw({ y }, request)
      }
      const draw = drawOf(name, masked, options)
      return draw({ y, m }, request)
    }
    const [x, again] = [await run(), await run()]
    expect(x.shape).toEqual(shape)
    expect(toNumbers(x).every(Number.isFinite)).toBe(true)
    expect(toNumbers(again)).toEqual(toNumbers(x))
  })

  it('takes a non-linear operator, or says that it does not', async () => {
    const draw = drawOf(name, squared, options)
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
      await expect(drawOf(name, doubled, options)({ y }, request)).rejects.toThrow(
        new RegExp(`${name}.*'double'`),
      )
    },
  )

  it('has settings with defaults inside their range, and refuses others', () => {
    for (const spec of Object.values(method.settings)) {
      if ((spec.kind !== 'number' && spec.kind !== 'integer') || !spec.search) continue
      const { range, scale } = spec.search
      expect(spec.default).toBeGreaterThanOrEqual(range[0])
      expect(spec.default).toBeLessThanOrEqual(range[1])
      if (spec.kind === 'integer') expect(Number.isInteger(spec.default)).toBe(true)
      if (scale === 'log') expect(range[0]).toBeGreaterThan(0)
    }
    expect(() => method.make({ speed: 1 })).toThrow(`${name}: unknown setting 'speed'`)
    for (const key of Object.keys(method.settings)) {
      expect(() => method.make({ [key]: -1 })).toThrow(`${name}: '${key}' must be`)
      expect(() => method.cost({ [key]: -1 })).toThrow(`${name}: '${key}' must be`)
    }
  })
})

it('names that are not known get the nearest one', () => {
  expect(methods).toContain(methodNamed('tmpd'))
  expect(() => methodNamed('difpir')).toThrow("unknown method 'difpir', did you mean 'diffpir'?")
})

it('noise2score needs isotropic noise', async () => {
  const noise = diagonalNoise(full([n], 0.1))
  const context = { y: input('float32', [1, n]), A: identity(event), noise }
  await expect(drawOf('noise2score', () => context)({}, request)).rejects.toThrow(
    "noise2score needs isotropic noise, got 'diagonal'",
  )
})

it('repaint takes masks', async () => {
  await expect(drawOf('repaint', doubled)({ y }, request)).rejects.toThrow(
    "repaint needs a mask, got operator 'double'",
  )
})

it('predictor–corrector posterior sampling: every guidance method under Langevin corrections', async () => {
  for (const name of ['mmps', 'dps', 'pigdm', 'tmpd', 'diffpir', 'mcg', 'ddnm'] as const) {
    const draw = drawOf(name, masked, { steps: 3, step: predictorCorrector({ corrections: 2 }) })
    expect(toNumbers(await draw({ y, m }, request)).every(Number.isFinite)).toBe(true)
    await draw.release()
  }
})

it.each([...methodNames])('%s works in float64, from a seed', async (name) => {
  const wide = (a: NdArray) => f64(toNumbers(a), a.shape)
  const options = { steps: 4 }
  const draw =
    methodNamed(name).needs === 'identity'
      ? drawOf(name, ({ y }: Context) => clean({ y }), options)
      : drawOf(name, masked, options)
  const [x, narrow] = [
    await draw({ y: wide(y), m: wide(m) }, { shape, seed: 2 }),
    await draw({ y, m }, { shape, seed: 2 }),
  ]
  await draw.release()
  expect([x.dtype, narrow.dtype]).toEqual(['float64', 'float32'])
  expectClose(toNumbers(narrow), toNumbers(x), 1e-3)
})

describe('a method as it is written', () => {
  it.each([
    ['dps', { method: 'dps', settings: {} }],
    ['mmps:iterations=3', { method: 'mmps', settings: { iterations: 3 } }],
    [
      'mmps:iterations=3;covariance=ones',
      { method: 'mmps', settings: { iterations: 3, covariance: 'ones' } },
    ],
    ['pigdm:form=pinv', { method: 'pigdm', settings: { form: 'pinv' } }],
    [' tds : variance = zeros ', { method: 'tds', settings: { variance: 'zeros' } }],
  ])('%s', (text, spec) => {
    expect(methodSpec(text)).toEqual(spec)
  })

  it.each([
    ['dsp', "unknown method 'dsp', did you mean 'dps'?"],
    ['dps:zeta', "'dps:zeta': expected dps:zeta=number, got 'zeta'"],
    ['dps:zeta=', "'dps:zeta=': expected dps:zeta=number, got 'zeta='"],
    ['dps:zeta=much', "expected dps:zeta=number, got 'zeta=much'"],
    ['dps:zeta=-1', "dps: 'zeta' must be a number above 0, got -1"],
    ['dps:zta=1', "dps: unknown setting 'zta'; did you mean 'zeta'?"],
    ['ddnm:zeta=1', "ddnm: unknown setting 'zeta', it has no settings"],
    ['pigdm:form=pin', "pigdm: 'form' must be one of covariance|pinv|ones, got pin"],
    ['mmps:iterations=2.5', "mmps: 'iterations' must be an integer of at least 1, got 2.5"],
  ])('%s is refused', (text, message) => {
    expect(() => methodSpec(text)).toThrow(message)
  })
})

describe('one method, one default, by every door', () => {
  const sameAs = (method: PosteriorMethod, other: PosteriorMethod) => {
    if (typeof method !== 'function' || typeof other !== 'function') expect.fail('both make a denoiser')
    const o = seen()
    expect(method(network, o)(xt, sigma)).toBe(other(network, o)(xt, sigma)) // equal expressions are one node
  }

  it('mmps: the library, the list and the command line', () => {
    for (const iterations of [1, 3]) {
      const written = methodSpec(`mmps:iterations=${iterations}`)
      sameAs(mmps({ iterations }), methodNamed('mmps').make({ iterations }))
      sameAs(mmps({ iterations }), methodNamed(written.method).make(written.settings))
    }
    sameAs(mmps(), methodNamed('mmps').make())
    sameAs(mmps({ iterations: 1 }), mmps({ solve: cg({ iterations: 1 }) }))
    // y has four entries: more iterations than that would be rounding.
    sameAs(mmps(), mmps({ solve: gmres({ iterations: 4 }) }))
  })

  it('the others', () => {
    sameAs(dps(), methodNamed('dps').make())
    sameAs(pigdm(), methodNamed('pigdm').make())
    sameAs(pigdm({ form: 'ones' }), mmps({ solve: gmres({ iterations: 5 }), covariance: onesCovariance }))
    sameAs(tmpd(), methodNamed('tmpd').make())
    sameAs(diffpir(), methodNamed('diffpir').make())
    sameAs(mcg(), methodNamed('mcg').make())
  })
})

describe('y that does not fit its operator', () => {
  it.each(['mmps', 'dps', 'pigdm', 'tmpd', 'diffpir', 'mcg', 'ddnm', 'red-diff', 'tds', 'smc-mmps'])(
    '%s names both shapes',
    async (name) => {
      const flat = ndarray([0.5, 1], [2]) // [B] for events of one row
      const matrix = constant(ndarray([1, 0, 0, 0], [1, 1, n]))
      const pinv = (v: Tensor) => mul(reshape(v, [2, 1]), 0)
      const draw = drawOf(name, ({ y }: Pick<Context, 'y'>) => ({
        y,
        A: { ...projection(matrix), ...(name === 'red-diff' ? {} : { pinv }) },
        noise: isotropicNoise(0.1),
      }))
      await expect(draw({ y: flat }, request)).rejects.toThrow(
        "y: operator 'projection' makes observations [B, 1], got y [2]",
      )
    },
  )
})
