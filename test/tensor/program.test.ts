import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  add,
  cast,
  constant,
  conv2d,
  equal,
  exp,
  frozen,
  full,
  input,
  item,
  jit,
  loadProgram,
  log,
  matmul,
  mul,
  NdArray,
  ndarray,
  neg,
  relu,
  reshape,
  rows,
  scalar,
  sqrt,
  square,
  sum,
  type Tensor,
  toNumbers,
  transpose,
  zeros,
} from '../../src/tensor/index.ts'
import { countNodes } from './model.ts'

describe('jit', () => {
  test('the example of its documentation', async () => {
    const norm = jit((x: Tensor) => sqrt(sum(square(x))))
    expect(item(await norm(ndarray([3, 4])))).toBe(5)
  })

  test('traces once per set of shapes and dtypes', async () => {
    let traced = 0
    const program = jit((x: Tensor) => {
      traced++
      return mul(x, 2)
    })
    for (const values of [[1], [2], [3, 4], [5], [6, 7]]) {
      expect(toNumbers(await program(ndarray(values)))).toEqual(values.map((v) => 2 * v))
    }
    expect(traced).toBe(2)
    expect((await program(ndarray([1], [1], 'float64'))).dtype).toBe('float64')
    expect(traced).toBe(3)
  })

  test('traces once when calls overlap, and keeps their results apart', async () => {
    let traced = 0
    const program = jit((x: Tensor) => {
      traced++
      return mul(x, 2)
    })
    const results = await Promise.all([1, 2, 3, 4].map((v) => program(ndarray([v]))))
    expect(results.map(item)).toEqual([2, 4, 6, 8])
    expect(traced).toBe(1)
  })

  test('a failed trace is tried again', async () => {
    let fail = true
    const program = jit((x: Tensor) => (fail ? reshape(x, [7]) : x))
    await expect(program(ndarray([1]))).rejects.toThrow('reshape: [1] has 1 elements, [7] does not fit')
    fail = false
    expect(item(await program(ndarray([1])))).toBe(1)
  })

  test('nested records in and out, numbers as float32 scalars', async () => {
    const program = jit((p: { w: Tensor; b: readonly Tensor[] }, scale: Tensor) => ({
      y: [mul(p.w, scale), { z: add(p.b[0], p.b[1]) }] as const,
    }))
    const { y } = await program({ w: ndarray([1, 2]), b: [scalar(3), 4] }, 10)
    expect(toNumbers(y[0])).toEqual([10, 20])
    expect(y[1].z.shape).toEqual([])
    expect(item(y[1].z)).toBe(7)
  })

  test('unused inputs, none used at all, and none given', async () => {
    const first = jit((a: Tensor, b: Tensor) => (b.shape.length > 9 ? b : neg(a)))
    expect(item(await first(scalar(1), scalar(2)))).toBe(-1)
    const none = jit((_a: Tensor) => exp(frozen(scalar(0))))
    expect(item(await none(scalar(5)))).toBe(1)
    const closed = jit(() => add(frozen(ndarray([1, 2])), 1))
    expect(toNumbers(await closed())).toEqual([2, 3])
  })

  test('outputs that are inputs, constants, or one tensor twice', async () => {
    const program = jit((a: Tensor) => {
      const y = mul(a, 3)
      return { a, again: a, y, twice: y, constant: frozen(ndarray([9, 8])) }
    })
    const out = await program(ndarray([1, 2]))
    expect(toNumbers(out.a)).toEqual([1, 2])
    expect(toNumbers(out.again)).toEqual([1, 2])
    expect(toNumbers(out.y)).toEqual([3, 6])
    expect(toNumbers(out.twice)).toEqual([3, 6])
    expect(toNumbers(out.constant)).toEqual([9, 8])
  })

  test('results are memory of their own', async () => {
    const program = jit((a: Tensor) => ({ same: a, y: mul(a, 2) }))
    const a = ndarray([1, 2])
    const first = await program(a)
    await program(ndarray([5, 6]))
    expect(toNumbers(first.y)).toEqual([2, 4])
    first.same.data[0] = 77
    expect(toNumbers(a)).toEqual([1, 2])
  })

  test('views are fed without what lies around them', async () => {
    const program = jit((a: Tensor) => mul(a, 2))
    expect(toNumbers(await program(rows(ndarray([1, 2, 3, 4, 5, 6], [3, 2]), 1, 2)))).toEqual([6, 8])
  })

  test('every dtype passes', async () => {
    const program = jit((a: Tensor) => a)
    for (const dtype of ['float32', 'float64', 'int32', 'int64', 'uint8', 'bool'] as const) {
      const a = ndarray([0, 1, 1], [3], dtype)
      expect(await program(a)).toEqual(a)
    }
  })

  test('empty arrays pass through what has no need of elements', async () => {
    const program = jit((a: Tensor) => transpose(reshape(exp(a), [3, 0, 2])))
    const result = await program(zeros([0, 6]))
    expect(result.shape).toEqual([2, 0, 3])
    const flat = jit((a: Tensor) => reshape(a, [3, 0]))
    expect((await flat(zeros([0, 5]))).shape).toEqual([3, 0])
  })

  test('constants that text would spoil', async () => {
    const program = jit((a: Tensor) => ({
      reciprocals: [0, -0].map((zero) => mul(1, frozen(ndarray([1 / zero])))),
      infinite: mul(a, Number.POSITIVE_INFINITY),
      nothing: mul(a, Number.NaN),
      signed: [0, -0].map((zero) => mul(a, zero)),
      exact: cast(add(cast(a, 'float64'), 1e-12), 'float64'),
    }))
    const out = await program(scalar(1))
    expect(out.reciprocals.map(item)).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    expect(item(out.infinite)).toBe(Number.POSITIVE_INFINITY)
    expect(item(out.nothing)).toBeNaN()
    expect(out.signed.map(item)).toEqual([0, -0])
    expect(item(out.exact)).toBe(1 + 1e-12)
  })

  test('release frees, and the next call compiles again', async () => {
    const program = jit((a: Tensor) => mul(a, 2))
    expect(item(await program(scalar(1)))).toBe(2)
    await program.release()
    await program.release()
    expect(item(await program(scalar(2)))).toBe(4)
  })

  test('a whole training step: least squares by gradient descent', async () => {
    const { valueAndGrad } = await import('../../src/tensor/index.ts')
    const loss = (w: Tensor, x: Tensor, y: Tensor) => sum(square(add(matmul(x, w), neg(y))))
    const step = jit((w: Tensor, x: Tensor, y: Tensor) => {
      const [value, gradient] = valueAndGrad(loss)(w, x, y)
      return { value, w: add(w, mul(gradient, -0.05)) }
    })
    const x = ndarray([1, 0, 0, 1, 1, 1], [3, 2])
    const y = ndarray([2, -1, 1], [3, 1])
    let w: NdArray = zeros([2, 1])
    for (let i = 0; i < 200; i++) w = (await step(w, x, y)).w
    expect(toNumbers(w)[0]).toBeCloseTo(2, 4)
    expect(toNumbers(w)[1]).toBeCloseTo(-1, 4)
  })
})

describe('what jit refuses', () => {
  const bad = [
    ['nothing returned', () => ({}), 'jit: the function returned no tensors'],
    ['a promise', async (a: Tensor) => a, 'jit: the function returned no tensors'],
    ['a number returned', (a: Tensor) => ({ a, n: 3 }), "did not expect number at 'n'"],
    ['an array returned', (a: Tensor) => ({ a, n: scalar(3) }), "did not expect an array at 'n'"],
    [
      'nothing at a place',
      (a: Tensor) => ({ a, n: undefined }),
      "expected an array or a record of arrays at 'n', got undefined",
    ],
  ] as const
  test.each(bad)('%s', async (_name, fn, message) => {
    const program = jit(fn as (a: Tensor) => unknown)
    await expect(program(scalar(1))).rejects.toMatchObject({ name: 'TweedieError', code: 'input', message })
  })

  test('a tensor of another program', async () => {
    const stranger = input('float32', [])
    await expect(jit((a: Tensor) => add(a, stranger))(scalar(1))).rejects.toThrow(
      'jit: the function uses a tensor of another program; pass it as an argument',
    )
  })

  test('paths that clash', async () => {
    const program = jit((p: Record<string, Tensor | { b: Tensor }>) => {
      const first = p['a.b']
      return 'shape' in first ? first : first.b
    })
    await expect(program({ 'a.b': scalar(1), a: { b: scalar(2) } })).rejects.toThrow(
      "jit: two arguments have the same path '0.a.b'",
    )
  })
})

describe('frozen', () => {
  test('weights become part of the program', async () => {
    const params = { w: ndarray([1, 2, 3, 4], [2, 2]), b: ndarray([10, 20]) }
    const program = jit((x: Tensor) => {
      const { w, b } = frozen(params)
      return add(matmul(x, w), b)
    })
    const x = ndarray([1, 1], [1, 2])
    expect(toNumbers(await program(x))).toEqual([14, 26])
    const session = await loadProgram(await program.onnx(x))
    expect(session.inputs).toEqual(['0'])
    expect(toNumbers((await session.run({ 0: x })).out)).toEqual([14, 26])
  })
})

describe('saved programs', () => {
  test('hold constants of equal content once, and others apart', async () => {
    const table = (first: number) => ndarray(Float32Array.from({ length: 4096 }, (_, i) => (i ? i : first)))
    const of = (...tables: NdArray[]) =>
      jit((x: Tensor) => tables.reduce((y, one) => mul(add(y, constant(one)), y), x))
    const bytes = async (...tables: NdArray[]) => (await of(...tables).onnx(zeros([4096]))).length
    const once = await bytes(table(0), table(0), table(0))
    expect(once).toBeLessThan(4 * 4096 + 1500)
    expect((await bytes(table(0), table(-0), table(1))) - once).toBeGreaterThan(2 * 4 * 4096 - 1500)
    const apart = of(table(2), table(3))
    expect((await apart(full([4096], 1))).data[0]).toBe(3 * (3 + 3))
    await apart.release()
  })

  const network = jit((p: { w: Tensor; list: readonly Tensor[] }, x: Tensor, unused: Tensor) => ({
    y: relu(add(matmul(x, p.w, { transB: true }), p.list[0])),
    extra: [log(p.list[0]), equal(unused, unused)],
  }))
  const p = { w: ndarray([1, -2, 3, -4], [2, 2]), list: [ndarray([0.5, 2])] }
  const args = [p, ndarray([1, 2, 3, 4], [2, 2]), zeros([1])] as const

  test('written to a file and loaded again give the same results under the same names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tweedie-program-'))
    try {
      const path = join(folder, 'network.onnx')
      writeFileSync(path, await network.onnx(...args))
      const session = await loadProgram(readFileSync(path))
      expect([...session.inputs].sort()).toEqual(['0.list.0', '0.w', '1', '2'])
      expect([...session.outputs]).toEqual(['out.y', 'out.extra.0', 'out.extra.1'])
      const direct = await network(...args)
      const loaded = await session.run({ '0.w': p.w, '0.list.0': p.list[0], 1: args[1], 2: args[2] })
      expect(loaded['out.y']).toEqual(direct.y)
      expect(loaded['out.extra.0']).toEqual(direct.extra[0])
      expect(loaded['out.extra.1']).toEqual(direct.extra[1])
      await session.release()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('hold standard operators only, whatever the device prefers', async () => {
    const program = jit((x: Tensor, w: Tensor) => matmul(conv2d(x, w, { padding: 1 }), x, { transB: true }))
    const model = await program.onnx(zeros([1, 16, 4, 4]), zeros([16, 16, 3, 3]))
    expect(Buffer.from(model).includes('com.microsoft')).toBe(false)
    expect(countNodes(model, 'Conv')).toBe(1)
  })

  test('refuse missing and wrong arrays, and bytes that are no model', async () => {
    const session = await loadProgram(await network.onnx(...args))
    const given = { '0.w': p.w, '0.list.0': p.list[0], 1: args[1] }
    const refused = (message: string) => ({ name: 'TweedieError', code: 'input', message })
    await expect(session.run(given)).rejects.toMatchObject(refused("program: input '2' is missing"))
    await expect(session.run({ ...given, 2: zeros([3]) })).rejects.toMatchObject(
      refused("program: input '2' should be float32[1], got float32[3]"),
    )
    await expect(session.run({ ...given, 2: zeros([1], 'float64') })).rejects.toMatchObject(
      refused("program: input '2' should be float32[1], got float64[1]"),
    )
    for (const worker of [false, true]) {
      await expect(loadProgram(new Uint8Array([1, 2, 3]), { worker })).rejects.toMatchObject({
        name: 'TweedieError',
        code: 'input',
        message: expect.stringMatching(/^loadProgram: not a program that ONNX Runtime can open \([^\n]*\)$/),
      })
    }
  })
})

describe('float64', () => {
  test('scalar factors keep their digits: ONNX Runtime would fold them into float32 attributes', async () => {
    const program = jit((a: Tensor) => matmul(mul(a, 1 / 3), a))
    const third = await program(full([1, 1], 1, 'float64'))
    expect(item(third)).toBe(1 / 3)
    expect(third).toBeInstanceOf(NdArray)
  })
})
