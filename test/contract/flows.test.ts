import { describe, expect, it } from 'vitest'
import { type FlowParams, flowKinds, flowOf, logStandardNormal } from '../../src/flows/index.ts'
import {
  add,
  flatten,
  grad,
  jit,
  mean,
  rows,
  square,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { inverseGap, logdetGap, mass, moved, notFinite, values } from '../exact/flow-contract.ts'
import { expectClose } from '../numbers.ts'
import { flows, planar } from './lists/flows.ts'

it('is asked of every kind of flow', () => {
  expect(new Set(flows.map(({ config }) => config.kind))).toEqual(new Set(flowKinds))
  expect(new Set(planar.map(({ config }) => config.kind))).toEqual(new Set(flowKinds))
})

/** What every flow must do (E10); the list is in lists/flows.ts. */
describe.each([...flows])('$name', (listed) => {
  const { flow, dtypes } = listed

  it.each([...dtypes])('is inverted by its inverse, %s', async (dtype) => {
    expect(await inverseGap(listed, dtype)).toBeLessThan(dtype === 'float64' ? 1e-12 : 1e-5)
  })

  it.each([...dtypes])('knows its log-determinant in both directions, %s', async (dtype) => {
    expect(await logdetGap(listed, dtype)).toBeLessThan(dtype === 'float64' ? 1e-10 : 1e-4)
  })

  it('is finite far out, with its gradients', async () => {
    expect(await notFinite(listed, 'float32')).toBe(0)
  })

  it('gives each row what it would get alone', async () => {
    const [z, y] = [values('z', [3, ...flow.event]), values('y', [3, ...flow.condition])]
    const program = jit((p: Parameters<typeof flow.sample>[0], y: Tensor, z: Tensor) => flow.sample(p, y, z))
    const together = await program(moved(flow), y, z)
    const alone = await program(moved(flow), rows(y, 1, 2), rows(z, 1, 2))
    expectClose(toNumbers(rows(together.x, 1, 2)), toNumbers(alone.x), 1e-5)
    expectClose([Number(together.logdet.data[1])], [Number(alone.logdet.data[0])], 1e-5)
  })

  it.runIf(listed.config.kind === 'realNvp' || listed.config.kind === 'image')(
    'computes its steps again for gradients where that is asked for, to the same gradients and statistics',
    async () => {
      const gradients = async (rematerialise: boolean) => {
        const own = flowOf({ ...listed.config, ...(rematerialise ? { rematerialise } : {}) })
        const program = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => {
          const loss = (p: FlowParams<Tensor>): Tensor => {
            const { x, logdet } = own.sample(p, y, z, { training: true })
            const back = own.inverse(p, x, y)
            return add(mean(square(add(x, back.z))), add(mean(logdet), mean(square(back.logdet))))
          }
          return {
            grads: grad(loss)(p).weights,
            statistics: own.sample(p, y, z, { training: true }).statistics,
          }
        })
        const args = [
          moved(own),
          values('y', [3, ...flow.condition]),
          values('z', [3, ...flow.event]),
        ] as const
        const model = await program.onnx(...args)
        const found = Object.values(flatten(await program(...args))).flatMap(toNumbers)
        await program.release()
        return { found, size: model.length }
      }
      const [kept, again] = [await gradients(false), await gradients(true)]
      expectClose(again.found, kept.found, 1e-4)
      expect(again.size).toBeGreaterThan(1.2 * kept.size)
    },
  )

  it('depends on y', async () => {
    const [z, y] = [values('z', [1, ...flow.event]), values('y', [2, ...flow.condition])]
    const program = jit(
      (p: Parameters<typeof flow.sample>[0], y: Tensor, z: Tensor) => flow.sample(p, y, z).x,
    )
    const [a, b] = await Promise.all([0, 1].map((i) => program(moved(flow), rows(y, i, i + 1), z)))
    expect(Math.hypot(...toNumbers(a).map((v, i) => v - Number(b.data[i])))).toBeGreaterThan(1e-3)
  })

  it('refuses other shapes', () => {
    const wrong = async () => {
      const z = values('z', [2, ...flow.event.map((d) => d + 1)])
      const program = jit(
        (p: Parameters<typeof flow.sample>[0], y: Tensor, z: Tensor) => flow.sample(p, y, z).x,
      )
      return program(moved(flow), values('y', [2, ...flow.condition]), z)
    }
    return expect(wrong()).rejects.toMatchObject({ code: 'shape' })
  })

  it('is the same flow after its configuration went through JSON', async () => {
    const again = flowOf(JSON.parse(JSON.stringify(listed.config)))
    const [z, y] = [values('z', [2, ...flow.event]), values('y', [2, ...flow.condition])]
    const drawn = (f: typeof flow) =>
      jit((p: Parameters<typeof f.sample>[0], y: Tensor, z: Tensor) => f.sample(p, y, z).x)(moved(f), y, z)
    expect(toNumbers(await drawn(again))).toEqual(toNumbers(await drawn(flow)))
  })

  it('starts the same for the same seed', () => {
    expect(flow.init(5)).toEqual(flow.init(5))
  })
})

it.each([...planar])('$name: the density integrates to 1', async (listed) => {
  expect(Math.abs((await mass(listed)) - 1)).toBeLessThan(1e-2)
})

it('the standard normal has its density', async () => {
  const z = values('z', [2, 3])
  const want = [0, 1].map((i) =>
    toNumbers(rows(z, i, i + 1)).reduce((sum, v) => sum - (v * v) / 2 - Math.log(2 * Math.PI) / 2, 0),
  )
  expectClose(toNumbers(await jit(logStandardNormal)(z)), want, 1e-6)
})
