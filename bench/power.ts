/**
 * The power of the tests that look at draws given y, at a level of 5 %: how often of some seeds they find a
 * fault, and how often they find one in exact draws.
 *
 *   npm run bench -- power [--json] [--seeds 20]
 *
 * Ten minutes on two cores.
 */
import { parseArgs } from 'node:util'
import { cellTest, lc2st } from '../src/diagnose/index.ts'
import { bridging, exactDraws, flowDraws } from '../test/exact/bridging.ts'
import { correlated, type Judgeable } from '../test/exact/correlated.ts'
import { eight, simulated } from '../test/exact/planar.ts'

const DRAWS = 20

/** Problems with a fault, by name. */
const cases = async (): Promise<readonly { name: string; of: (seed: number) => Promise<Judgeable> }[]> => {
  const params = await bridging(1500)
  const modes = (problems: number, exact: boolean) => async (seed: number) => {
    const { x, y } = simulated(eight, 'test', problems, 300 + seed)
    const draws = exact ? exactDraws(y, DRAWS, 500 + seed) : await flowDraws(params, y, DRAWS, 400 + seed)
    return { draws, truth: x, y }
  }
  const pairs = (problems: number, d: number, rho: number) => async (seed: number) =>
    correlated({ problems, draws: DRAWS, d, rho, seed })
  return [
    ...[50, 100, 200].flatMap((n) => [
      { name: `bridging flow, ${n} problems`, of: modes(n, false) },
      { name: `exact draws of it, ${n} problems`, of: modes(n, true) },
    ]),
    ...[2, 10].flatMap((d) => [
      { name: `correlated by 0.8, ${d} entries, 300 problems`, of: pairs(300, d, 0.8) },
      { name: `exact draws of it, ${d} entries, 300 problems`, of: pairs(300, d, 0) },
    ]),
  ]
}

/** Prints a line for each case. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, seeds: { type: 'string', default: '20' } },
  })
  const seeds = Number(values.seeds)
  const rows = []
  for (const { name, of } of await cases()) {
    let [cells, classifier] = [0, 0]
    for (let seed = 0; seed < seeds; seed++) {
      const { draws, truth, y } = await of(seed)
      if (cellTest(draws, truth, { given: y, seed }).pValue <= 0.05) cells++
      if ((await lc2st(draws, truth, y, { permutations: 39, seed })).pValue <= 0.05) classifier++
    }
    rows.push({ name, cells, classifier, seeds })
    if (!values.json) console.log(`${name.padEnd(48)} cells ${cells}, classifier ${classifier} of ${seeds}`)
  }
  if (values.json) console.log(JSON.stringify(rows))
  return 0
}
