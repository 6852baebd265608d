import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { type Coverage, meanOverDraws, stdOverDraws } from '../../src/diagnose/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { linearScale, logScale, tickLabel } from '../../src/report/charts/scale.ts'
import {
  calibrationChart,
  cornerPlot,
  dataUrl,
  ember,
  enlarged,
  escapeHtml,
  html,
  imageGrid,
  lineChart,
  mosaic,
  type Picture,
  pictureAt,
  pngOf,
  type RunReport,
  runReport,
  standaloneSvg,
  strips,
  stripsPicture,
  table,
  unobservedColor,
  writeReport,
} from '../../src/report/index.ts'
import { full, NdArray, ndarray } from '../../src/tensor/index.ts'

const noise = (shape: number[], name: string) => uniform(stream(6, name), shape)

/** Pixel (row, column) of a decoded PNG, in 0 … 255. */
const pixelAt = (png: Uint8Array, row: number, column: number) => {
  const { data, width, channels } = decode(png)
  return [...data.slice((row * width + column) * channels, (row * width + column + 1) * channels)]
}

const restoration = () => {
  const truth = noise([3, 1, 6, 5], 'truth')
  const draws = noise([4, 3, 1, 6, 5], 'draws')
  const mask = new NdArray(
    'float32',
    truth.shape,
    truth.data.map((_, i) => (i % 3 === 0 ? 1 : 0)),
  )
  const y = new NdArray(
    'float32',
    truth.shape,
    truth.data.map((v, i) => v * mask.data[i]),
  )
  return { y, mask, draws, mean: meanOverDraws(draws), std: stdOverDraws(draws), truth }
}

const reading = (level: number, observed: number, resolved = true): Coverage => ({
  level,
  observed,
  standardError: 0.01,
  count: 100,
  flat: 0,
  resolved,
})

const everything = (): RunReport => ({
  title: 'Digits & <letters>',
  lead: 'A "quoted" lead',
  command: "tweedie learn 'a<b>.npz' && echo",
  facts: [['seed', '0']],
  summaryTable: {
    columns: ['prior', 'PSNR (dB)'],
    rows: [['<b>Gaussian</b>', 17.2]],
    marked: 0,
    caption: 'a < b',
  },
  curves: [
    {
      x: { label: 'step <1>' },
      y: { label: 'loss', scale: 'log' },
      series: [
        {
          name: 'a&b',
          points: [
            [0, 1],
            [1, 0.1],
          ],
        },
      ],
    },
  ],
  priorSamplesByLap: [{ label: 'lap <0>', images: noise([10, 1, 6, 5], 'prior') }],
  strips: [{ ...strips(restoration()), title: 'with <mask>' }],
  coverage: {
    series: [{ name: 'x<y', readings: [reading(0.5, 0.49), reading(0.9, 0.7, false)] }],
    note: 'n & m',
  },
  corners: {
    byLap: [{ label: 'lap', samples: normal(stream(6, 's'), [50, 3]) }],
    reference: normal(stream(6, 'r'), [60, 3]),
  },
  notes: ['<script>alert(1)</script>'],
})

describe('html', () => {
  test('escapes what is put in, once, and leaves markup alone', () => {
    expect(
      html`<p title="${'"'}">${'a < b & c'}${html`<i>${1}</i>`}${[2, undefined, false, 'x']}</p>`.markup,
    ).toBe('<p title="&quot;">a &lt; b &amp; c<i>1</i>2x</p>')
    expect(escapeHtml(`<&>"'`)).toBe('&lt;&amp;&gt;&quot;&#39;')
  })

  test('a table keeps its cells in order', () => {
    const { markup } = table({
      columns: ['a', 'b'],
      rows: [
        ['x', 1],
        ['<y>', 2],
      ],
    })
    expect([...markup.matchAll(/<t[hd](?: [^>]*)?>([^<]*)</g)].map((m) => m[1])).toEqual([
      'a',
      'b',
      'x',
      '1',
      '&lt;y&gt;',
      '2',
    ])
  })
})

describe('the report', () => {
  const markup = runReport(everything())

  test('asks nothing of the network: no address but data:, no script', () => {
    const text = markup.replaceAll(/base64,[A-Za-z0-9+/=]*/g, '')
    expect(text).not.toMatch(/https?:|\/\/[a-z]|@import|<script|<link|<iframe/i)
    expect(text).not.toContain('url(')
    const addresses = [...markup.matchAll(/ (?:src|href)="([^"]*)"/g)].map((m) => m[1])
    expect(addresses.length).toBeGreaterThan(20)
    for (const address of addresses) expect(address).toMatch(/^data:image\/png;base64,/)
    expect(markup).toContain('content="default-src &#39;none&#39;; img-src data:;')
  })

  test('shows every part, escaped', () => {
    for (const text of [
      'Digits &amp; &lt;letters&gt;',
      '&lt;b&gt;Gaussian&lt;/b&gt;',
      'a&lt;b&gt;.npz',
      'step &lt;1&gt;',
      'lap &lt;0&gt;',
      'with &lt;mask&gt;',
      'x&lt;y',
      'n &amp; m',
      '&lt;script&gt;alert(1)&lt;/script&gt;',
    ]) {
      expect(markup).toContain(text)
    }
    expect(markup).not.toMatch(/undefined|NaN|\[object/)
  })

  test('its elements are closed in order', () => {
    const open: string[] = []
    for (const [, slash, name, , self] of markup.matchAll(
      /<(\/?)([a-z][a-z0-9]*)((?:[^<>"]|"[^"]*")*?)(\/?)>/g,
    )) {
      if (self || ['meta', 'img'].includes(name)) continue
      if (slash) expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
  })

  test('leaves out what a run does not have', () => {
    const empty = runReport({ title: 'empty' })
    expect(empty.match(/<h2>/g)).toHaveLength(1)
    expect(empty).toContain('Nothing to show yet')
  })

  test('is written whole', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tweedie-report-'))
    try {
      writeReport(join(folder, 'report.html'), markup)
      expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(markup)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('pictures', () => {
  test.each([1, 3, 4])('a PNG of %i channels decodes to what went in', (channels) => {
    const image: Picture = noise([channels, 5, 7], 'png')
    const { width, height, data, channels: got } = decode(pngOf(image))
    expect([width, height, got]).toEqual([7, 5, channels])
    const expected = Array.from({ length: 35 * channels }, (_, at) =>
      Math.round(255 * image.data[(at % channels) * 35 + Math.floor(at / channels)]),
    )
    expect([...data]).toEqual(expected)
    const url = dataUrl(image)
    expect(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').equals(pngOf(image))).toBe(true)
  })

  test('values outside [0, 1] are clipped, NaN and other shapes refused', () => {
    expect(pixelAt(pngOf(ndarray([-1, 2], [1, 1, 2])), 0, 0)).toEqual([0])
    expect(pixelAt(pngOf(ndarray([-1, 2], [1, 1, 2])), 0, 1)).toEqual([255])
    expect(() => pngOf(ndarray([Number.NaN], [1, 1, 1]))).toThrow(/NaN/)
    expect(() => pngOf(full([2, 4, 4], 0))).toThrow(/\[1, 3 or 4, H, W\], got \[2,4,4\]/)
  })

  test('enlarging repeats pixels', () => {
    const image = ndarray([0, 1], [1, 1, 2])
    expect([...enlarged(image, 3).data]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
  })

  test('a grid holds every image at its place, with clear lines between', () => {
    const images = new NdArray(
      'float32',
      [5, 1, 2, 2],
      Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 4) / 5),
    )
    const png = pngOf(imageGrid(images, { columns: 3 }))
    expect(decode(png)).toMatchObject({ width: 8, height: 5, channels: 4 })
    expect(pixelAt(png, 0, 3)).toEqual([51, 51, 51, 255])
    expect(pixelAt(png, 4, 4)).toEqual([204, 204, 204, 255])
    expect(pixelAt(png, 0, 2)[3]).toBe(0)
    expect(pixelAt(png, 4, 7)[3]).toBe(0)
  })

  test('values of another range are mapped to [0, 1]', () => {
    expect([...pictureAt(ndarray([-2, 0, 1, 2], [2, 1, 1, 2]), 1, [-2, 2]).data]).toEqual([0.75, 1])
    expect(() => pictureAt(full([2, 1, 2, 2], 0), 2)).toThrow(/no image 2/)
    expect(() => mosaic([])).toThrow(/at least one picture/)
  })
})

describe('strips', () => {
  const shown = strips(restoration(), { images: [2, 0], draws: 2, label: (i) => `#${i}` })

  test('have the columns a reader expects', () => {
    expect(shown.columns).toEqual(['observed', 'mean', 'draw 1', 'draw 2', 'spread', 'truth'])
    expect(shown.rows.map((r) => [r.label, r.pictures.length])).toEqual([
      ['#2', 6],
      ['#0', 6],
    ])
  })

  test('show the right images', () => {
    const { truth, draws } = restoration()
    const [, , , second, , last] = shown.rows[0].pictures
    expect([...last.data]).toEqual([...truth.data.slice(60, 90)])
    expect([...second.data]).toEqual([...draws.data.slice(90 + 60, 90 + 90)])
  })

  test('paint unobserved pixels in their own colour and the spread in its map', () => {
    const { y, std } = restoration()
    const [observed, , , , spread] = shown.rows[1].pictures
    const colorOf = (image: Picture, p: number) => [0, 1, 2].map((c) => image.data[c * 30 + p])
    expect(colorOf(observed, 1)).toEqual(unobservedColor.map(Math.fround))
    expect(colorOf(observed, 3)).toEqual([y.data[3], y.data[3], y.data[3]])
    expect(colorOf(spread, 7)).toEqual(ember(std.data[7] / (shown.spreadTop ?? 0)).map(Math.fround))
  })

  test('become one picture for a file', () => {
    expect(stripsPicture(shown, 3).shape).toEqual([4, 3 * (2 * 6 + 1), 3 * (6 * 5 + 5)])
  })

  test('say what does not fit', () => {
    expect(() => strips({ ...restoration(), draws: full([4, 2, 1, 6, 5], 0) })).toThrow(/do not fit/)
  })
})

describe('charts', () => {
  test('ticks are round numbers that span the data', () => {
    const linear = linearScale([0.13, 0.92], [0, 100])
    expect(linear.ticks.map(tickLabel)).toEqual(['0', '0.2', '0.4', '0.6', '0.8', '1'])
    expect([linear(0), linear(0.5), linear(1)]).toEqual([0, 50, 100])
    const log = logScale([2e-5, 3], [0, 60])
    expect(log.ticks.map(tickLabel)).toEqual(['10⁻⁵', '10⁻⁴', '0.001', '0.01', '0.1', '1', '10'])
    expect(log(0.01)).toBeCloseTo(30, 10)
    expect([linearScale([3, 3], [0, 1]).ticks.length > 1, logScale([3, 3], [0, 1])(3)]).toEqual([true, 0.5])
    expect([12_000, -0.5, 2e-6, 3e7].map(tickLabel)).toEqual(['12k', '−0.5', '2×10⁻⁶', '3×10⁷'])
  })

  test('a curve goes through its points, without those that cannot be drawn', () => {
    const { markup } = lineChart({
      x: { label: 'x' },
      y: { label: 'y', scale: 'log' },
      series: [
        {
          name: 'a',
          points: [
            [0, 1],
            [1, Number.NaN],
            [2, -4],
            [3, 0],
            [4, 100],
          ],
        },
      ],
      width: 400,
      height: 290,
    })
    expect(markup).toContain('d="M52 244L386 44"')
    expect(markup.match(/<circle/g)?.length).toBe(2)
    expect(markup).not.toContain('NaN')
    expect(() => lineChart({ x: { label: 'x' }, y: { label: 'y' }, series: [] })).toThrow(
      /at least one series/,
    )
  })

  test('long curves are averaged, and their mean stays', () => {
    const points = Array.from({ length: 4000 }, (_, i) => [i, i % 2] as const)
    const { markup } = lineChart({
      x: { label: 'x' },
      y: { label: 'y' },
      series: [{ name: 'a', points }],
      height: 290,
    })
    const path = /class="line" d="([^"]*)"/.exec(markup)?.[1] ?? ''
    const heights = [...path.matchAll(/[ML]\S+ ([\d.]+)/g)].map((m) => Number(m[1]))
    expect(heights.length).toBe(400)
    // Every run of ten points has mean 1/2: the line is flat, wherever the axis puts it.
    expect(new Set(heights).size).toBe(1)
  })

  test('the calibration chart puts (0.5, 0.5) on the diagonal and marks what is not resolved', () => {
    const { markup } = calibrationChart([
      { name: 's', readings: [reading(0.5, 0.5), reading(0.9, 1, false)] },
    ])
    const circles = [...markup.matchAll(/<circle class="([^"]*)" cx="([\d.]+)" cy="([\d.]+)"/g)]
    expect(circles.map((c) => c[1])).toEqual(['dot', 'dot hollow'])
    const [size, pad] = [400, { left: 52, top: 44, right: 14, bottom: 46 }]
    expect(Number(circles[0][2])).toBeCloseTo((pad.left + size - pad.right) / 2, 6)
    expect(Number(circles[0][3])).toBeCloseTo((pad.top + size - pad.bottom) / 2, 6)
  })

  test('a corner plot draws every pair once, the densest bin opaque', () => {
    const samples = ndarray([0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1], [4, 2])
    const { markup } = cornerPlot(samples, { range: [0, 1], bins: 2 })
    const images = [...markup.matchAll(/<image href="data:image\/png;base64,([^"]*)"/g)]
    expect(images.length).toBe(1)
    const png = Buffer.from(images[0][1], 'base64')
    // Three samples at (x1, x2) = (0.1, 0.9): top left; one at (0.9, 0.1): bottom right, sqrt(1/3) as opaque.
    expect([pixelAt(png, 0, 0)[3], pixelAt(png, 0, 1)[3], pixelAt(png, 1, 1)[3]]).toEqual([255, 0, 147])
    expect(cornerPlot(normal(stream(1, 'c'), [20, 5])).markup.match(/<image/g)?.length).toBe(10)
    expect(() => cornerPlot(samples, { reference: full([3, 3], 0) })).toThrow(
      /2 coordinates, the reference \[3,3\]/,
    )
  })

  test('a chart can stand alone as a file', () => {
    const svg = standaloneSvg(calibrationChart([{ name: 's', readings: [reading(0.5, 0.5)] }]))
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" class="chart"[^>]*><style>/)
    expect(svg.endsWith('</svg>')).toBe(true)
  })
})
