/**
 * Problems with exact answers: prints each figure beside what it must be, and fails when one is missed.
 *
 *   npm run bench -- exact [--json] [--only E2,E5]
 *
 * Some minutes on two cores. E2 covers E3.
 */
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { amortized } from '../test/exact/amortized.ts'
import { bridgingGates } from '../test/exact/bridging.ts'
import { determinism } from '../test/exact/determinism.ts'
import { diagnostics } from '../test/exact/diagnostics.ts'
import { droppedMode } from '../test/exact/dropped-mode.ts'
import { em } from '../test/exact/em.ts'
import { flowGates } from '../test/exact/flow-contract.ts'
import type { Gate } from '../test/exact/gate.ts'
import { gsureGates } from '../test/exact/gsure.ts'
import { guidedDenoiser } from '../test/exact/guided-denoiser.ts'
import { importerGates } from '../test/exact/importer.ts'
import { sparseGates } from '../test/exact/levy/sparse-gates.ts'
import { likelihoods } from '../test/exact/likelihood.ts'
import { mcgGates } from '../test/exact/mcg.ts'
import { mixtures } from '../test/exact/mixtures.ts'
import { operatorGates } from '../test/exact/operator-contract.ts'
import { partingGates } from '../test/exact/parting.ts'
import { sampling } from '../test/exact/sampling.ts'
import { solving } from '../test/exact/solving.ts'
import { stepGates } from '../test/exact/steps.ts'
import { mixtureGates } from '../test/exact/three-components.ts'
import { vpTrainingGates } from '../test/exact/vp-training.ts'
import { covarianceGates } from './covariance/gates.ts'

/** The groups of gates by the first problem they cover. */
const groups: Readonly<Record<string, () => Promise<Gate[]>>> = {
  E1: operatorGates,
  E4: async () => [...(await guidedDenoiser()), ...(await mixtureGates())],
  E5: solving,
  E12: determinism,
  E2: sampling,
  E7: em,
  E6: covarianceGates,
  E8: likelihoods,
  E9: () => amortized(),
  E10: flowGates,
  E11: diagnostics,
  E13: stepGates,
  E16: () => bridgingGates(),
  E17: sparseGates,
  E18: partingGates,
  mcg: mcgGates,
  gsure: gsureGates,
  mixtures,
  mode: droppedMode,
  import: importerGates,
  vp: vpTrainingGates,
}

const line = ({ name, value, gate, pass }: Gate): string =>
  `${pass ? 'ok  ' : 'FAIL'} ${name.padEnd(52)} ${value.toPrecision(4).padStart(11)}  ${gate}`

/**
 * Runs the gates.
 *
 * @param args - `--json`: one array on stdout; `--only E1,E5`: some groups
 * @returns the exit code: 1 when a gate is missed
 */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
  })
  const wanted = values.only?.split(',')
  const gates: Gate[] = []
  for (const [name, group] of Object.entries(groups)) {
    if (wanted && !wanted.includes(name)) continue
    for (const gate of await group()) {
      gates.push(gate)
      if (!values.json) console.log(line(gate))
    }
  }
  if (values.json) console.log(JSON.stringify(gates, null, 2))
  return gates.every(({ pass }) => pass) ? 0 : 1
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await run(process.argv.slice(2))
}
