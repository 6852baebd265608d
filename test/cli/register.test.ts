/** A new network and a new command are one file and one line: toys in the lists are seen everywhere. */
import { expect, it, vi } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { jsonSchemaOf } from '../../src/cli/config/config.ts'
import { distillSchema } from '../../src/cli/config/distill-schema.ts'
import { experimentSchema } from '../../src/cli/config/schema.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { network, networkFor } from '../../src/nn/index.ts'
import { headerOf, networkHeader } from '../../src/run/network-header.ts'
import { jit, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'

vi.mock(import('../../src/nn/networks.ts'), async (original) => {
  const { io, networkKind } = await import('../../src/nn/network-kind.ts')
  const { mul } = await import('../../src/tensor/index.ts')
  const toy = networkKind({
    kind: 'toy',
    summary: 'a gain',
    spatial: true,
    settings: { gain: { kind: 'number', above: 0, default: 2, description: 'the gain' } },
    sizes: { io },
    sizesFor: (_, event) => ({ io: event[0] }),
    make: ({ gain = 2 }) => ({
      dropout: 0,
      dropouts: 0,
      init: () => ({}),
      apply: (_, x) => mul(x, gain),
    }),
  })
  const { networks } = await original()
  const list: readonly unknown[] = [...networks, toy]
  return { networks: list as typeof networks }
})

vi.mock(import('../../src/cli/commands.ts'), async (original) => {
  const module = await original()
  const toy = {
    summary: 'plays',
    description: 'Plays with a toy.',
    arguments: [],
    options: { loud: { kind: 'flag', description: 'with a noise' } },
    examples: [{ command: 'tweedie toy --loud', does: 'a noise' }],
    load: async () => ({ run: async () => {} }),
  }
  const list: object = { ...module.commands, toy }
  return { ...module, commands: list as typeof module.commands }
})

it('a network is configured, kept in headers, and part of the schemas', async () => {
  const config = networkFor({ kind: 'toy', gain: 3 }, [1, 2])
  expect(config).toEqual({ kind: 'toy', gain: 3, io: 1 })
  expect(networkHeader.parse(headerOf(config))).toEqual(config)
  expect(() => networkFor({ kind: 'toy', gian: 3 }, [1, 2])).toThrow(/did you mean 'gain'/)
  const run = jit((x: Tensor, c: Tensor) => network(config).apply({}, x, c))
  expect(toNumbers(await run(ndarray([1, 2], [1, 1, 2]), ndarray([0])))).toEqual([3, 6])
  await run.release()
  expect(experimentSchema.parse({ net: { kind: 'toy' } }).net).toEqual({ kind: 'toy', gain: 2 })
  for (const schema of [experimentSchema, distillSchema])
    expect(JSON.stringify(jsonSchemaOf(schema))).toContain('"description":"a gain"')
})

it('a command is part of the help', () => {
  expect(Object.keys(commands)).toContain('toy')
  const program = makeProgram('1', async () => {})
  expect(program.helpInformation()).toMatch(/toy .*plays/)
  const toy = program.commands.find((command) => command.name() === 'toy')
  expect(toy?.helpInformation()).toContain('--loud')
})
