/** Loaded into a process: writes the peak of its resident memory, in KiB, into the file of TWEEDIE_PEAK. */
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  if (process.env.TWEEDIE_PEAK) writeFileSync(process.env.TWEEDIE_PEAK, `${process.resourceUsage().maxRSS}`)
})
