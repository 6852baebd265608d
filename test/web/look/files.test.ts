/** Files that the page reads and writes, without a browser. */
import { describe, expect, it } from 'vitest'
import { type Repair, repairedIntervals } from '../../../src/cli/restored/repair.ts'
import { encodeNpy, encodeNpz, encodeSafetensors } from '../../../src/formats/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ndarray } from '../../../src/tensor/index.ts'
import { decodeArrays, lineOf } from '../../../web/look/decode.ts'
import { base64Of, bytesOf, packed, unpacked } from '../../../web/look/export/packed.ts'
import { singlePage } from '../../../web/look/export/single-page.ts'
import { gridLook, looksOf } from '../../../web/look/looks.ts'
import { calibrationOf, repairedBy, requireSame } from '../../../web/look/repairs.ts'
import { resultOf } from '../../../web/look/result.ts'
import { lostWords } from '../../../web/posterior/finite.ts'
import { drawsOf, quantitiesOf } from '../../../web/posterior/quantities.ts'
import { extremes } from '../../../web/ui/extremes.ts'
import { shown } from '../../../web/ui/number.ts'
import { csvOf, jsonOf } from '../../../web/ui/table.ts'
import { drawsIn } from './drawn.ts'

const counting = (length: number) => Array.from({ length }, (_, i) => i)

describe('draws of files', () => {
  // Two draws of three observations of a 1 × 2 × 2 image.
  const draws = ndarray(counting(24), [2, 3, 1, 2, 2])
  const beside = {
    truth: ndarray(counting(12), [3, 1, 2, 2]),
    y: ndarray(counting(12), [3, 1, 2, 2]),
    mask: ndarray([1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], [3, 1, 2, 2], 'bool'),
    range: ndarray([0, 24], [2], 'float64'),
  }
  it.each([
    ['.npz', encodeNpz({ draws, ...beside })],
    ['.safetensors', encodeSafetensors({ draws, ...beside })],
  ])('%s: the draws of one observation, its truth, what was seen', (extension, bytes) => {
    const result = resultOf(decodeArrays(bytes, `a${extension}`), 'a')
    expect([result.count, result.observations, result.event]).toEqual([2, 3, [1, 2, 2]])
    const own = drawsIn(result, 2)
    expect([...own.values]).toEqual([8, 9, 10, 11, 20, 21, 22, 23])
    expect([...(own.truth ?? [])]).toEqual([8, 9, 10, 11])
    expect(own.observed?.every(Number.isNaN)).toBe(true)
    expect([...(drawsIn(result).observed ?? [])]).toEqual([0, Number.NaN, 2, 3])
    expect(own.range).toEqual([0, 24])
  })
  it('.npy: the only array; bytes are k/255', () => {
    const result = resultOf(decodeArrays(encodeNpy(ndarray([0, 255], [2, 1, 1], 'uint8')), 'a.npy'), 'a.npy')
    const own = drawsIn(result)
    expect([...own.values, own.range]).toEqual([0, 1, [0, 1]])
  })
  it('padded fields on a grid of the sphere', () => {
    const view = new TextEncoder().encode(JSON.stringify({ kind: 'globe', rows: 3, columns: 4 }))
    const arrays = {
      draws: ndarray(counting(32), [2, 1, 1, 16]),
      view: ndarray(view, [view.length], 'uint8'),
    }
    const result = resultOf(arrays, 'a')
    const { look } = result
    expect(look.kind).toBe('sphere')
    const own = drawsIn(result)
    expect([own.size, own.values[12], own.values.length]).toEqual([12, 16, 24])
    expect(look).toEqual(gridLook(1, 3, 4))
  })
  it('a truth that does not fit is said, of other names left out; a mask may be shared', () => {
    const one = { draws: ndarray(counting(16), [2, 1, 2, 2, 2]) }
    expect(() => resultOf({ ...one, truth: ndarray(counting(4), [1, 1, 2, 2]) }, 'a')).toThrow(
      /^a: the truth is \[1,1,2,2\], the draws are of 1 × \[2,2,2\]$/,
    )
    expect(() =>
      resultOf({ ...one, truth: ndarray([...counting(7), Number.NaN], [1, 2, 2, 2]) }, 'a'),
    ).toThrow(/field 'truth' must be finite, got NaN at element 7$/)
    const shared = {
      data: ndarray([1], [1]),
      y: ndarray(counting(8), [1, 2, 2, 2]),
      valid: ndarray([1, 0, 1, 1], [1, 2, 2]),
    }
    const mask = ndarray([1, 1, 0, 1], [1, 1, 2, 2], 'bool')
    const { truth, observed, domain } = drawsIn(resultOf({ ...one, ...shared, mask }, 'a'))
    expect(truth).toBeUndefined()
    expect([...(observed ?? [])]).toEqual([0, 1, Number.NaN, 3, 4, 5, Number.NaN, 7])
    expect([...(domain ?? [])]).toEqual([1, 0, 1, 1, 1, 0, 1, 1])
  })
  it('draws that come second, where the truth tells', () => {
    const arrays = { draws: ndarray(counting(6), [2, 3, 1]), truth: ndarray([7, 8], [2, 1]) }
    const result = resultOf(arrays, 'a')
    expect([result.count, result.observations]).toEqual([3, 2])
    const { values, truth } = drawsIn(result, 1)
    expect([...values, truth?.[0]]).toEqual([3, 4, 5, 8])
  })
  it('a mesh beside them', () => {
    const arrays = {
      draws: ndarray(counting(8), [2, 1, 1, 4]),
      'mesh.points': ndarray([0, 0, 0, 1, 0, 0, 0, 1, 0], [3, 3]),
      'mesh.faces': ndarray([0, 1, 2], [1, 3], 'int32'),
    }
    const result = resultOf(arrays, 'a')
    expect(result.look.kind).toBe('mesh')
    expect([...drawsIn(result).values]).toEqual([0, 1, 2, 4, 5, 6])
  })
  it('vectors are points when they are short, curves when not', () => {
    expect(resultOf({ x: ndarray(counting(12), [3, 1, 4]) }, 'a').look).toEqual({
      kind: 'points',
      dimension: 4,
    })
    expect(resultOf({ x: ndarray(counting(80), [4, 1, 20]) }, 'a').look.kind).toBe('series')
    const choices = looksOf(
      [1, 4144],
      { kind: 'series', channels: 1, length: 4144 },
      { rows: 46, columns: 90 },
    )
    expect(choices.map(({ kind }) => kind)).toEqual(['series', 'sphere'])
  })
})

describe('draws that are lost', () => {
  it('are left out, and named', () => {
    // Three draws of two observations of two entries.
    const values = [0, 1, Number.NaN, 3, 4, Number.POSITIVE_INFINITY, Number.NaN, 7, 8, 9, Number.NaN, 11]
    const result = resultOf({ draws: ndarray(values, [3, 2, 2]) }, 'a')
    const { count, lost, values: own } = drawsIn(result)
    expect([count, lost, [...own]]).toEqual([2, [1], [0, 1, 8, 9]])
    expect(result.of(1, result.look)).toBeUndefined()
    expect(lostWords([1], 3)).toBe(
      '1 of 3 draws is not finite and left out (number 2 in the file). The sampler diverged there.',
    )
    expect(lostWords(counting(12), 99)).toMatch(
      /^12 of 99 draws are .* \(numbers 1, 2, .*, 10 and 2 more in the file\)/,
    )
  })
  it('nothing is copied where none is', () => {
    const draws = ndarray(counting(4), [2, 1, 2])
    const own = drawsIn(resultOf({ draws }, 'a'))
    expect(own.values).toBe(draws.data)
    expect(own.lost).toBeUndefined()
  })
})

describe('repaired intervals', () => {
  const [K, N] = [25, 3]
  const draws = normal(stream(5, 'repaired'), [K, N, 2, 1, 2])
  const levels = [
    { level: 0.5, factor: 1.25, before: 0.4 },
    { level: 0.9, factor: 1.5, before: 0.8 },
    { level: 0.99, factor: 'too few problems' as const, before: 0.9 },
  ]
  const repair = {
    kind: 'calibration',
    from: 'truth',
    problems: 40,
    draws: K,
    event: [2, 1, 2],
    levels,
  } satisfies Repair
  const regions = {
    labels: [0, 1, 1, 7],
    factors: [
      { label: 0, levels: levels.map((own) => ({ ...own, factor: 2 })) },
      { label: 1, levels: levels.map((own) => ({ ...own, factor: 3 })) },
    ],
  }
  const words = '50 % × 1.25, 90 % × 1.50, 99 % not repaired'
  const expected = (own: Repair, level: number, end: string) =>
    repairedIntervals(own, draws)[`${end}${level}`].data.subarray(4, 8)

  it('of a file, as `tweedie restore --calibrated` writes them', () => {
    const { repaired } = drawsIn(resultOf({ draws, ...repairedIntervals(repair, draws) }, 'a'), 1)
    expect(repaired?.words).toBe(words)
    expect(repaired?.levels).toEqual([
      { level: 0.5, low: expected(repair, 50, 'lower'), high: expected(repair, 50, 'upper') },
      { level: 0.9, low: expected(repair, 90, 'lower'), high: expected(repair, 90, 'upper') },
    ])
  })
  it.each([
    ['of all entries', repair],
    ['by regions', { ...repair, regions }],
  ])('made with the calibration of `tweedie calibrate`: %s', (_, own) => {
    const file = calibrationOf(JSON.stringify(own), 'calibration.json')
    const [middle, wide] = drawsIn(resultOf({ draws }, 'a', file), 1).repaired?.levels ?? []
    expect([...wide.low]).toEqual([...expected(own, 90, 'lower')].map((v) => expect.closeTo(v, 6)))
    expect([...middle.high]).toEqual([...expected(own, 50, 'upper')].map((v) => expect.closeTo(v, 6)))
    const many = { values: draws.data, count: K }
    if ('regions' in own) expect(repairedBy(file, many)?.words).toContain('90 % × 2.00 to 3.00 by 2 regions')
  })
  it('are of single channels, and of no mixture of them', () => {
    const own = drawsIn(resultOf({ draws, ...repairedIntervals(repair, draws) }, 'a'), 1)
    const [magnitude, , real] = quantitiesOf(own)
    expect(drawsOf(own, magnitude).repaired).toBeUndefined()
    expect(drawsOf(own, real).repaired?.levels[1].low).toEqual(expected(repair, 90, 'lower').subarray(0, 2))
  })
  it('come along in an exported page', () => {
    const own = { ...drawsIn(resultOf({ draws, ...repairedIntervals(repair, draws) }, 'a'), 1), lost: [3] }
    const { header, bytes } = packed(own, 16)
    const back = unpacked({ header: JSON.parse(JSON.stringify(header)), bytes: bytesOf(base64Of(bytes)) })
    expect([back.repaired, back.lost]).toEqual([own.repaired, [3]])
  })
  it('of other draws are refused, and what is no calibration', () => {
    const file = calibrationOf(JSON.stringify(repair), 'a')
    expect(() => requireSame(file, { event: [4], count: K }, 'a')).toThrow(
      /of signals \[2,1,2\], these are \[4\]/,
    )
    expect(() => requireSame(file, { event: [2, 1, 2], count: 9 }, 'a')).toThrow(
      /of 25 draws .* these are 9$/,
    )
    for (const text of ['{', '[]', '{"kind":"x"}'])
      expect(() => calibrationOf(text, 'c.json')).toThrow(/^c\.json: is no calibration/)
    expect(() => calibrationOf('{"kind":"calibration"}', 'c.json')).toThrow(/damaged$/)
    const beside = repairedIntervals(repair, normal(stream(5, 'other'), [K, 2, 2, 1, 2]))
    expect(() => resultOf({ draws, ...beside }, 'a')).toThrow(/^a: field 'lower50' should be \[3,2,1,2\]/)
  })
})

describe('what is no such file says so in one line', () => {
  const said = (make: () => unknown): string => {
    try {
      make()
      return ''
    } catch (error) {
      return lineOf(error)
    }
  }
  const good = encodeNpz({ draws: ndarray([1, 2], [2, 1]) })
  it.each([
    [
      'truncated',
      () => decodeArrays(good.subarray(0, 40), 'a.npz'),
      /^a\.npz: not a zip archive, or truncated/,
    ],
    ['another kind', () => decodeArrays(good, 'a.png'), /^a\.png: extension must be one of .*, got '\.png'$/],
    ['without an extension', () => decodeArrays(good, 'draws'), /extension must be one of .*, got ''$/],
    [
      'no draws',
      () => resultOf({ y: ndarray([1]), z: ndarray([1]) }, 'a.npz'),
      /^a\.npz: expected draws as one of/,
    ],
    [
      'not finite',
      () => resultOf({ draws: ndarray([Number.NaN, Number.NaN], [2, 1]) }, 'a'),
      /^a: none of its 2 draws is finite$/,
    ],
    [
      'a number',
      () => resultOf({ draws: ndarray([1], []) }, 'a'),
      /draws should be \[draws, problems, \.\.\.signal\], got \[\]$/,
    ],
  ])('%s', (_, make, expected) => {
    const line = said(make)
    expect(line).toMatch(expected)
    expect(line).not.toContain('\n')
  })
})

describe('a page with the draws in it', () => {
  const look = gridLook(1, 2, 3)
  const draws = {
    name: 'a </script><b>',
    look,
    count: 2,
    size: 6,
    values: Float32Array.from(counting(12)),
    range: [0, 12] as const,
    truth: Float32Array.from(counting(6)),
    observed: Float32Array.of(0, Number.NaN, 2, 3, 4, 5),
    domain: Uint8Array.of(1, 1, 1, 1, 1, 0),
  }
  it('has them back: exactly, but for the levels of the draws', () => {
    for (const bits of [8, 16] as const) {
      const { header, bytes } = packed(draws, bits, 'known')
      const back = unpacked({ header: JSON.parse(JSON.stringify(header)), bytes: bytesOf(base64Of(bytes)) })
      const { values, ...rest } = back
      expect(rest).toEqual({ ...draws, values: undefined, known: 'known' })
      expect(Math.max(...values.map((v, i) => Math.abs(v - i)))).toBeLessThanOrEqual(header.error)
      expect(header.error).toBeLessThan(bits === 8 ? 0.03 : 1e-4)
    }
  })
  it('no name and no program ends a script early', () => {
    const page = singlePage(
      draws,
      8,
      { script: 'f("</script><!--")', style: 'a::after{content:"</style>"}' },
      'x',
    )
    expect(page.match(/<\/script>/g)?.length).toBe(3)
    expect(page.match(/<\/style>/g)?.length).toBe(1)
    expect(page).toContain('<title>a &lt;/script&gt;&lt;b&gt;</title>')
    expect(page).toContain('f("\\x3c/script>\\x3c!--")')
    expect(page).not.toMatch(/https?:/)
  })
})

describe('tables and numbers', () => {
  const table = {
    name: 't',
    columns: ['a', 'b'],
    rows: [
      ['x, "y"', 0.1],
      ['z', undefined],
    ],
  }
  it('CSV keeps commas and quotes, JSON keeps gaps', () => {
    expect(csvOf(table)).toBe('a,b\n"x, ""y""",0.1\nz,\n')
    expect(JSON.parse(jsonOf(table))).toEqual([
      { a: 'x, "y"', b: 0.1 },
      { a: 'z', b: null },
    ])
  })
  it('numbers as a person reads them', () => {
    expect(
      [0, 3, -2.5, 0.12345, 1234567.8, 1e-7, Number.NaN, Number.NEGATIVE_INFINITY].map((v) => shown(v)),
    ).toEqual(['0', '3', '−2.50', '0.123', '1.23e6', '1.00e−7', '–', '−∞'])
  })
  it('long series as their extremes', () => {
    const values = Float32Array.of(0, 5, -1, 2, 9, 9)
    expect(extremes(values, [0, 6], 3)).toEqual([
      { at: 0.5, low: 0, high: 5 },
      { at: 2.5, low: -1, high: 2 },
      { at: 4.5, low: 9, high: 9 },
    ])
    expect(extremes(values, [2, 4], 10)).toEqual([
      { at: 2, low: -1, high: -1 },
      { at: 3, low: 2, high: 2 },
    ])
  })
})
