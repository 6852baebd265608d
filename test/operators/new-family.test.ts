/** A family of operators is one file and one line in the list: everything else finds it there. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { operatorSchema, operatorSettingOf } from '../../src/cli/config/operator-schema.ts'
import { operatorsHelp } from '../../src/cli/help/operators.ts'
import { observe, readObservations, writeObservations } from '../../src/observations/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { linearFamilies } from '../contract/lists/families.ts'
import { adjointGap } from '../exact/operator-contract.ts'
import { expectClose } from '../numbers.ts'

vi.mock('../../src/operators/families/table.ts', async (original) => {
  const { defineFamily } = await import('../../src/operators/families/family.ts')
  const { scaled } = await import('../../src/operators/combine.ts')
  const { identity } = await import('../../src/operators/identity.ts')
  const { families, familyOf } = await original<typeof import('../../src/operators/families/table.ts')>()
  /** The file of the new family. */
  const dimFamily = defineFamily({
    name: 'dim',
    summary: 'images in the dark',
    linear: true,
    settings: {
      gain: { kind: 'number', default: 0.5, above: 0, max: 1, description: 'light that is left' },
    },
    make: ({ gain }, _, { event }) => scaled(identity(event), gain),
  })
  return {
    families: [...families, dimFamily], // its line in the list
    familyOf: (name: string) => (name === 'dim' ? dimFamily : familyOf(name)),
  }
})

const folder = mkdtempSync(join(tmpdir(), 'tweedie-new-family-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('a new family', () => {
  it('is in the help, with its settings', () => {
    expect(operatorsHelp).toContain('\n\ndim: images in the dark. gain=0.5 (light that is left)')
  })

  it('is in the schema of the configuration', () => {
    const parsed = operatorSchema.parse({ kind: 'dim', gain: 0.25 })
    expect(operatorSettingOf({ ...Object(parsed) })).toEqual({ name: 'dim', settings: { gain: 0.25 } })
    expect(operatorSchema.safeParse({ kind: 'dim', gain: 2 }).success).toBe(false)
  })

  it('is in the contract of operators', async () => {
    const listed = linearFamilies.find(({ name }) => name.startsWith('family dim'))
    if (!listed) throw new Error('not listed')
    expect(await adjointGap(listed)).toBeLessThan(1e-10)
  })

  it('observes, alone and in compositions, and is kept in files', async () => {
    const x = uniform(stream(0, 'x'), [2, 1, 4, 4])
    const alone = { name: 'dim', settings: { gain: 0.25 } }
    for (const operator of [alone, { name: 'compose', of: [{ name: 'blur' }, alone] }]) {
      const set = await observe(x, { operator, noise: 1e-6, seed: 1 })
      writeObservations(join(folder, 'set.npz'), set)
      expect(readObservations(join(folder, 'set.npz'))).toEqual(set)
    }
    const { y } = await observe(x, { operator: alone, noise: 1e-6, seed: 1 })
    expectClose(
      toNumbers(y),
      toNumbers(x).map((v) => v / 4),
      1e-5,
    )
  })
})
