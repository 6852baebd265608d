/** What it costs a run that it is watched. Linux: CPU seconds are those of `/proc`. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TweedieError } from '../../src/error.ts'
import { startTweedie } from '../../test/e2e/built.ts'
import { withPage } from '../../test/web/studio-page.ts'
import { studioOf } from '../../test/web/studio-process.ts'

const PAIRS = 3

const CONFIGURATION = `data:
  clean: manifold
  count: 256
  observe: { operator: { kind: projection, dimension: 2 }, noise: 0.05 }
net: { kind: mlp, hidden: [64, 64], emb: 16 }
gaussian: { iterations: 1, rank: 1 }
em: { laps: 2, batch: 256, early: { laps: 0 }, sampling: { steps: 8 } }
train: { batch: 64, steps: 3000 }
`

const ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds of a process until now, or undefined when it has ended. */
const cpuSeconds = (pid: number): number | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticks
  } catch {
    return undefined
  }
}

/** CPU seconds that a run takes from its start to its end, less what it does in its last 50 milliseconds. */
const learned = async (configuration: string, folder: string): Promise<number> => {
  const { child, ended, stderr } = startTweedie(['learn', configuration, '-o', folder])
  let seconds = 0
  const timer = setInterval(() => {
    seconds = Math.max(seconds, cpuSeconds(child.pid ?? 0) ?? 0)
  }, 50)
  const code = await ended
  clearInterval(timer)
  if (code !== 0) throw new TweedieError('device', `studio: the run ended with ${code}: ${stderr()}`)
  return seconds
}

/** CPU seconds of the same run, unwatched and with its page open, in turns. */
export const watched = async (): Promise<{ alone: number[]; watched: number[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-watched-'))
  const configuration = join(folder, 'run.yaml')
  writeFileSync(configuration, CONFIGURATION)
  const { url, studio } = await studioOf(folder, 0)
  const alone: number[] = []
  const seen: number[] = []
  try {
    for (let i = 0; i < PAIRS; i++) {
      alone.push(await learned(configuration, join(folder, `alone-${i}`)))
      // The page is there before the run, and finds it in the table.
      const watch = withPage(`${url}#/runs`, async (page) => {
        const running = learned(configuration, join(folder, `watched-${i}`))
        await page.getByRole('link', { name: `watched-${i}` }).click({ timeout: 60_000 })
        await page.getByRole('img', { name: /^Training loss over the step/ }).waitFor({ timeout: 60_000 })
        return running
      })
      seen.push(await watch)
    }
  } finally {
    studio.child.kill('SIGINT')
    await studio.ended
    rmSync(folder, { recursive: true, force: true })
  }
  return { alone, watched: seen }
}
