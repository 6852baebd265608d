import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonSchemaOf, loadConfig } from '../../src/cli/config.ts'
import { diemOptionsOf } from '../../src/cli/experiment.ts'
import { experimentSchema } from '../../src/cli/schema.ts'
import { root } from '../e2e/built.ts'

const folder = join(root, 'experiments')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

describe('experiments', () => {
  it('ship with the schema of their configuration (npm run schema writes it)', () => {
    expect(JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8'))).toEqual(
      jsonSchemaOf(experimentSchema),
    )
  })

  it.each(files)('%s names its schema, is valid, and describes a run', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(
      /^# yaml-language-server: \$schema=\.\/schema\.json\n# \S/,
    )
    const experiment = loadConfig(experimentSchema, join(folder, name))
    const { laps, steps, training } = diemOptionsOf(experiment)
    expect(laps).toBeGreaterThan(0)
    const { rate } = training(0)
    expect(rate(steps(0) - 1)).toBeLessThanOrEqual(rate(0))
  })
})
