/** Holds a run until it is killed. */
import { openRun } from '../../src/run/index.ts'

openRun(process.argv[2], { config: {}, resume: true })
process.stdout.write('ready\n')
setInterval(() => {}, 1000)
