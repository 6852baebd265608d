/**
 * The quick demo of distillation from end to end: what it says, what it writes, and that the flow has begun
 * to denoise.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../src/cli/demo/demo-amortize.ts'
import { makeIo } from '../../src/cli/io.ts'
import { readJournal } from '../../src/run/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-demo-amortize-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the quick demo as the command line would. */
const demo = async (path: string) => {
  const said: string[] = []
  const streams = { stdout: { write: (text: string) => said.push(text) }, stderr: { write: () => true } }
  const io = makeIo(streams, { json: true }, new AbortController().signal)
  await run([], { run: path, quick: true, resume: undefined, device: 'cpu', seed: undefined }, io)
  return JSON.parse(said.join(''))
}

describe('demo-amortize --quick', () => {
  it('distils, restores, and tells its figures', async () => {
    const path = join(folder, 'run')
    const { figures, samples, steps, test, report } = await demo(path)
    expect({ samples, steps, test }).toEqual({ samples: 32, steps: 12, test: 4 })
    expect(Object.keys(figures)).toEqual(['ours, one draw', 'ours, 8 draws', 'DPS, 10 steps', 'Noise2Score'])
    for (const { psnr, ssim, secondsPerImage } of Object.values<Record<string, number>>(figures)) {
      expect(Number.isFinite(psnr) && Number.isFinite(ssim)).toBe(true)
      expect(secondsPerImage).toBeGreaterThan(0)
    }
    // The noise alone leaves 20 dB; the prior knows better.
    expect(figures.Noise2Score.psnr).toBeGreaterThan(23)
    expect(figures['ours, 8 draws'].psnr).toBeGreaterThan(figures['ours, one draw'].psnr)

    const losses = readJournal(join(path, 'journal.jsonl')).filter(({ event }) => event === 'loss')
    expect(losses.at(-1)?.step).toBe(12)
    expect(['sampler.onnx', 'sampler.json'].every((name) => existsSync(join(path, name)))).toBe(true)
    const html = readFileSync(report, 'utf8')
    expect(html).toMatch(/^<!doctype html>/i)
    expect(html).not.toMatch(/(src|href)="(https?:|\/|\.)/)
    const { width, height } = decode(readFileSync(join(path, 'figures', 'restored.png')))
    expect(Math.min(width, height)).toBeGreaterThan(32)
  }, 300_000)
})
