/**
 * What docs/howto/own-operators.md says in NumPy is what our operators do: each of its snippets is run by
 * python3, the command after it packs what it wrote, and A x of that set is compared with it.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import { type ObservationSet, residualProgram } from '../../src/observations/index.ts'
import { families } from '../../src/operators/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { observeLine } from '../cli/observe/observing.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/howto/own-operators.md'), 'utf8')
const numpy = spawnSync('python3', ['-c', 'import numpy']).status === 0
const said = numpy ? '' : ' (skipped: python3 with numpy is absent)'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-own-operators-'))
afterAll(() => rmSync(folder, { recursive: true }))

const x = uniform(stream(0, 'x'), [3, 1, 8, 6])

/** Each snippet of the conventions, the command after it, and the operator whose section it is in. */
const snippets = page
  .slice(page.indexOf('## Conventions'))
  .split(/^### /m)
  .slice(1)
  .flatMap((section) => {
    const name = section.slice(0, section.indexOf('\n'))
    const blocks = /^```python\n([\s\S]*?)^```[\s\S]*?^```sh\n(.*)\n```/gm
    return [...section.matchAll(blocks)].map(([, code, command], i) => ({
      title: i === 0 ? name : `${name}, ${i + 1}`,
      name,
      code,
      command,
    }))
  })

const python = (code: string): void => {
  const { stderr } = spawnSync('python3', ['-c', `import numpy as np\n${code}`], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
}

/** The largest |y − A x| of a set, beside the largest |y|. */
const gap = async (set: ObservationSet): Promise<number> => {
  const program = residualProgram(set)
  const { data } = await program.of(x)
  await program.release()
  const most = (values: Float32Array) => values.reduce((a, v) => Math.max(a, Math.abs(v)), 0)
  return (most(data) * set.noise) / most(set.y.data)
}

describe('conventions of operators', () => {
  it('has a section for each family that own data can come from', () => {
    const simulating = ['box', 'vertices', 'masks', 'jpeg']
    const wanted = families.map(({ name }) => name).filter((name) => !simulating.includes(name))
    expect([...new Set(snippets.map(({ name }) => name))].sort()).toEqual(wanted.sort())
  })

  it.skipIf(!numpy).each(snippets)(`$title agrees with NumPy${said}`, async ({ name, code, command }) => {
    writeArrays(join(folder, 'x.npy'), { x })
    python(code)
    const set = await observeLine(command, folder)
    expect(set.operator.name).toBe(name)
    expect(await gap(set)).toBeLessThan(3e-6)
  })
})
