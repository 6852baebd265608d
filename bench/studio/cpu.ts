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

/** The same of all processes of a browser. */
export const cpuOfBrowser = async (browser: Browser): Promise<number> => {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = processes.parse(await session.send('SystemInfo.getProcessInfo'))
  await session.detach()
  return processInfo.reduce((sum, { id }) => sum + cpuOf(id), 0)
}
