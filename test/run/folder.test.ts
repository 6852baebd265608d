import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { JsonRecord } from '../../src/json.ts'
import { openRun, readConfig } from '../../src/run/index.ts'
import { scratch } from './scratch.ts'

const config = { data: { path: 'y.npz' }, laps: 3, lr: 1e-4 }

const makeRun = (): string => {
  const path = join(scratch(), 'runs', 'a')
  openRun(path, { config }).close()
  return path
}

describe('run folder', () => {
  it('is made with its configuration and read back', () => {
    const path = makeRun()
    expect(readdirSync(path).sort()).toEqual(
      ['checkpoints', 'config.yaml', 'draws', 'figures', 'journal.jsonl', 'run.json'].sort(),
    )
    expect(readConfig(path)).toEqual(config)
    const run = openRun(path, { resume: true })
    expect(run.resumed).toBe(true)
    expect(run.config).toEqual(config)
    run.close()
  })

  it('is not overwritten, nor made by accident', () => {
    const path = makeRun()
    expect(() => openRun(path, { config })).toThrow(/already holds a run; resume it/)
    const nowhere = join(path, '..', 'b')
    expect(() => openRun(nowhere, { resume: true, create: false })).toThrow(/b: not a run folder/)
    expect(() => openRun(nowhere, { resume: true })).toThrow(/b: a new run needs a configuration/)
    expect(() => readConfig(nowhere)).toThrow(/b: not a run folder/)
    expect(existsSync(nowhere)).toBe(false)
    openRun(path, { resume: true }).close() // none of the failures kept the lock
  })

  it('lets what may grow grow, and keeps it', () => {
    const path = join(scratch(), 'grown')
    const of = (laps: number, rate = 1) => ({ em: { laps, rate }, seed: 0 })
    openRun(path, { config: of(3) }).close()
    const again = (config: JsonRecord) => openRun(path, { config, resume: true, grows: ['em.laps'] })
    again(of(5)).close()
    expect(readConfig(path)).toEqual(of(5))
    expect(() => again(of(4))).toThrow(/field 'em.laps' is 5, got 4/)
    expect(() => again(of(6, 2))).toThrow(/field 'em.rate' is 1, got 2/)
    expect(() => openRun(path, { config: of(6), resume: true })).toThrow(/field 'em.laps' is 5, got 6/)
    expect(readConfig(path)).toEqual(of(5))
  })

  it('makes room for another run when asked, and only for a run', () => {
    const path = makeRun()
    for (const name of ['checkpoints/000001-a.safetensors', 'draws/a.npz', 'report.html', 'mine.txt']) {
      writeFileSync(join(path, name), 'old')
    }
    const resumed = openRun(path, { config, resume: true, replace: true })
    resumed.journal.append({ event: 'step' })
    resumed.close()
    expect(existsSync(join(path, 'draws/a.npz'))).toBe(true)

    const run = openRun(path, { config: { laps: 9 }, replace: true })
    expect([run.resumed, run.config, run.journal.lines]).toEqual([false, { laps: 9 }, 0])
    expect([run.paths.checkpoints, run.paths.draws].flatMap((folder) => readdirSync(folder))).toEqual([])
    expect(existsSync(join(path, 'report.html'))).toBe(false)
    expect(existsSync(join(path, 'mine.txt'))).toBe(true)
    run.close()
    expect(() => openRun(path, { replace: true })).toThrow(/needs a configuration/)
    expect(readConfig(path)).toEqual({ laps: 9 })
    const stranger = scratch()
    writeFileSync(join(stranger, 'journal.jsonl'), 'mine')
    expect(() => openRun(stranger, { config, replace: true })).toThrow(
      /not a run folder, but holds journal.jsonl/,
    )
  })

  it('refuses a folder that holds a stranger’s configuration', () => {
    const path = scratch()
    writeFileSync(join(path, 'config.yaml'), 'mine: true\n')
    expect(() => openRun(path, { config })).toThrow(/not a run folder, but holds config.yaml/)
    expect(readFileSync(join(path, 'config.yaml'), 'utf8')).toBe('mine: true\n')
  })

  it('refuses another version with one line', () => {
    const path = makeRun()
    writeFileSync(join(path, 'run.json'), '{"format":"tweedie-run","version":2}')
    const message = `${join(path, 'run.json')}: the run has format version 2, this tweedie reads version 1`
    for (const attempt of [() => openRun(path, { resume: true }), () => readConfig(path)]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'input', message }))
    }
    writeFileSync(join(path, 'run.json'), '{"format":"somebody-else"}')
    expect(() => readConfig(path)).toThrow(/field 'format' must be "tweedie-run"/)
    writeFileSync(join(path, 'run.json'), '{"format')
    expect(() => readConfig(path)).toThrow(/run.json: not JSON/)
  })

  it('names the field in which a resumed configuration differs', () => {
    const path = makeRun()
    openRun(path, { config: { ...config }, resume: true }).close()
    expect(() => openRun(path, { config: { ...config, data: { path: 'z.npz' } }, resume: true })).toThrow(
      /config.yaml: field 'data.path' is "y.npz", got "z.npz"/,
    )
    expect(() => openRun(path, { config: { ...config, extra: 1 }, resume: true })).toThrow(
      /field 'extra' is nothing, got 1/,
    )
  })

  it('names a configuration that is not YAML', () => {
    const path = makeRun()
    writeFileSync(join(path, 'config.yaml'), 'a: [1, 2\nb: 3\n')
    expect(() => readConfig(path)).toThrow(/config.yaml: not YAML/)
    writeFileSync(join(path, 'config.yaml'), '- 1\n')
    expect(() => readConfig(path)).toThrow(/config.yaml: expected named fields, got \[1\]/)
  })

  it('removes half-written files of dead processes when it is opened', () => {
    const path = makeRun()
    mkdirSync(join(path, 'draws'), { recursive: true })
    const dead = join(path, 'checkpoints', '000001-a.safetensors.999999999.tmp')
    const alive = join(path, `report.html.${process.ppid}.tmp`)
    for (const file of [dead, alive]) writeFileSync(file, 'half')
    openRun(path, { resume: true }).close()
    expect([existsSync(dead), existsSync(alive)]).toEqual([false, true])
  })

  it('is left alone while its maker is at work, and made again when that was killed', () => {
    const path = scratch()
    const maker = (owner: object): void =>
      writeFileSync(join(path, 'lock'), JSON.stringify({ since: 'x', host: hostname(), ...owner }))
    writeFileSync(join(path, 'config.yaml'), 'laps: 1\n')
    maker({ pid: process.ppid })
    expect(() => openRun(path, { config })).toThrow(/in use by process/)
    expect(readFileSync(join(path, 'config.yaml'), 'utf8')).toBe('laps: 1\n')
    maker({ pid: 999_999_999 })
    openRun(path, { config }).close()
    expect(readConfig(path)).toEqual(config)
  })
})
