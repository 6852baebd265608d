/** CPU time that processes have taken. Linux. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { z } from 'zod'

/** Seconds of CPU that the threads of a process have run until now, to the nanosecond (`schedstat`). */
export const cpuOf = (pid: number): number => {
  const threads = `/proc/${pid}/task`
  const nanoseconds = readdirSync(threads).map((thread) =>
    Number(readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, own) => sum + own, 0) / 1e9
}

const processes = z.object({ processInfo: z.array(z.object({ id: z.int(), type: z.string() })) })

/** The same of the processes of a browser: of that which draws, and of all others. */
export const cpuOfBrowser = async (
  browser: Browser,
): Promise<{ readonly drawing: number; readonly others: number }> => {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = processes.parse(await session.send('SystemInfo.getProcessInfo'))
  await session.detach()
  const [drawing, all] = [processInfo.filter(({ type }) => type === 'GPU'), processInfo].map((some) =>
    some.reduce((sum, { id }) => sum + cpuOf(id), 0),
  )
  return { drawing, others: all - drawing }
}
