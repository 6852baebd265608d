/**
 * What it costs that a run is watched. The process that learns writes its journal whoever looks: what may
 * slow it is the CPU time that the studio, and the page where it is open on the same machine, take from it.
 * That is counted, which two times of a run that differ by their noise would not show.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { TweedieError } from '../../src/error.ts'
import { openRun } from '../../src/run/index.ts'
import { withPage } from '../../test/web/studio-page.ts'
import { studioOf } from '../../test/web/studio-process.ts'
import { cpuOf, cpuOfBrowser } from './cpu.ts'

/** Seconds of each part, lines a second of a journal that is written fast, and of one as runs write it. */
const [SECONDS, FAST, USUAL] = [20, 100, 1] as const

const CONFIGURATION = {
  data: { clean: 'manifold', count: 256 },
  net: { kind: 'mlp' },
  em: { laps: 4 },
  train: { steps: 1000 },
}

/** CPU seconds a second of one core. */
export interface WatchCost {
  /** Of the server: nobody watches; somebody does, and nothing happens. */
  readonly serverIdle: number
  readonly serverWatching: number
  /** Milliseconds of the server for each further line of the journal. */
  readonly lineMilliseconds: number
  /** Of the server while a run that writes a line a second is watched: of a second, and of a line. */
  readonly server: number
  /** Of Chromium that shows it, but for the process that draws: that has no graphics card here. */
  readonly page: number
  readonly drawing: number
}

/** Reads a stream of events until it is stopped. */
const listening = async (url: string): Promise<() => Promise<void>> => {
  const stop = new AbortController()
  const answer = await fetch(url, { signal: stop.signal })
  if (!answer.ok || !answer.body) throw new TweedieError('device', `studio: ${url} answered ${answer.status}`)
  const reader = answer.body.getReader()
  const read = async (): Promise<void> => {
    for (let piece = await reader.read(); !piece.done; ) piece = await reader.read()
  }
  const reading = read().catch(() => undefined) // stopped
  return async () => {
    stop.abort()
    await reading
  }
}

/** Watches a run without and with lines, by a bare listener and by the page. */
export const watched = async (): Promise<WatchCost> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-watched-'))
  const run = openRun(join(folder, 'watched'), { config: CONFIGURATION })
  let step = 0
  /** Writes so many lines a second, and nothing else, for a while. */
  const write = async (rate: number): Promise<void> => {
    const until = performance.now() + 1000 * SECONDS
    while (performance.now() < until) {
      if (rate > 0) run.journal.append({ event: 'loss', lap: 1, step: ++step, loss: 1 / step })
      await setTimeout(rate > 0 ? 1000 / rate : 1000)
    }
  }
  const { url, studio } = await studioOf(folder, 0)
  const pid = studio.child.pid ?? 0
  /** CPU a second that something takes while lines are written. */
  const during = async (rate: number, cpu: () => number): Promise<number> => {
    const [start, before] = [performance.now(), cpu()]
    await write(rate)
    return (1000 * (cpu() - before)) / (performance.now() - start)
  }
  const server = () => cpuOf(pid)
  try {
    await write(0) // it has just started
    const serverIdle = await during(0, server)
    const stop = await listening(`${url}api/runs/watched/events`)
    const serverWatching = await during(0, server)
    const first = step
    const fast = await during(FAST, server)
    const lines = (step - first) / SECONDS
    await stop()
    const lineMilliseconds = (1000 * Math.max(0, fast - serverWatching)) / lines
    const shown = await withPage(`${url}#/runs/run/watched`, async (page) => {
      await page.getByRole('img', { name: /^Training loss over the step/ }).waitFor({ timeout: 60_000 })
      const browser = page.context().browser()
      if (!browser) throw new TweedieError('device', 'studio: no browser')
      const [start, before] = [performance.now(), await cpuOfBrowser(browser)]
      await write(USUAL)
      const after = await cpuOfBrowser(browser)
      const seconds = (performance.now() - start) / 1000
      return {
        page: (after.others - before.others) / seconds,
        drawing: (after.drawing - before.drawing) / seconds,
      }
    })
    const ofLines = (USUAL * lineMilliseconds) / 1000
    return { serverIdle, serverWatching, lineMilliseconds, server: serverWatching + ofLines, ...shown }
  } finally {
    studio.child.kill('SIGINT')
    await studio.ended
    run.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
