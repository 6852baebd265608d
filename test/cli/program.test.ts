import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'
import { type CommandName, commands } from '../../src/cli/commands.ts'
import type { AnyValues } from '../../src/cli/options.ts'
import { makeProgram } from '../../src/cli/program.ts'

/** What the command line would run. */
const parse = async (...argv: string[]) => {
  const calls: { name: CommandName; args: readonly string[]; options: AnyValues }[] = []
  const program = makeProgram('1.2.3', async (name, args, options) => {
    calls.push({ name, args: [...args], options })
  })
  await program.parseAsync(['node', 'tweedie', ...argv])
  return calls[0]
}

const usageError = (message: RegExp) =>
  expect.objectContaining({ name: CommanderError.name, message: expect.stringMatching(message), exitCode: 1 })

describe('command line', () => {
  it('gives a command its arguments and options, with defaults', async () => {
    expect(
      await parse('learn', 'a.yaml', 'em.laps=4', 'x=1', '-o', 'runs/a', '--resume', '--threads', '1'),
    ).toEqual({
      name: 'learn',
      args: ['a.yaml', 'em.laps=4', 'x=1'],
      options: { run: 'runs/a', checkpointEvery: 60, device: 'cpu', resume: true, threads: 1 },
    })
    expect(await parse('observe', 'mnist', '-o', 'y.npz', '--noise', '1e-2', '--seed=7', '--json')).toEqual({
      name: 'observe',
      args: ['mnist'],
      options: {
        output: 'y.npz',
        noise: '1e-2',
        skip: 0,
        seed: 7,
        json: true,
      },
    })
  })

  it.each(['cpu', 'webgpu', 'cuda', 'cuda:0', 'cuda:12'])('takes the device %s', async (device) => {
    expect((await parse('learn', 'a.yaml', '--device', device)).options.device).toBe(device)
  })

  it.each([
    [['sample', 'p', '--draws', 'x'], /argument 'x' is invalid. Expected an integer of at least 1/],
    [['sample', 'p', '--draws', '1.5'], /Expected an integer of at least 1/],
    [['sample', 'p', '--draws', '0'], /Expected an integer of at least 1/],
    [['sample', 'p', '--draws', ''], /Expected an integer of at least 1/],
    [['observe', 'mnist', '-o', 'y.npz', '--photons', 'Infinity'], /Expected a number of at least 0/],
    [
      ['info', 'p', '--threads', '1000000000'],
      new RegExp(`of at least 1, at most ${availableParallelism()}`),
    ],
    ...['sample', 'restore', 'distill', 'compare'].flatMap((command) =>
      ['0', 'x', String(availableParallelism() + 1)].map((count): [string[], RegExp] => [
        [command, 'p', '--workers', count],
        new RegExp(`Expected an integer of at least 1, at most ${availableParallelism()}`),
      ]),
    ),
    [['sample', 'p', '--start', 'magic'], /Allowed choices are informed, plain/],
    [['sample', 'p', '--device', 'cuda:one'], /Allowed choices are cpu, webgpu, cuda, cuda:1\./],
    [['sample', 'p', '--device', 'cpu:0'], /Allowed choices are cpu, webgpu, cuda, cuda:1\./],
    [['sample', 'p', '--sampler', 'ddim'], /since version 0\.2 this is --step/],
    [['sample'], /missing required argument 'prior'/],
    [['info', 'a', 'b'], /too many arguments/],
    [['observe', 'mnist'], /required option '-o, --output <file>' not specified/],
    [['info', 'a', '--jsn'], /unknown option '--jsn'[\s\S]*--json/],
    [['lern', 'a'], /unknown command 'lern'[\s\S]*learn/],
  ])('%j is refused', async (argv, message) => {
    await expect(parse(...argv)).rejects.toEqual(usageError(message))
  })

  it.each(Object.keys(commands) as CommandName[])('%s has help with an example that parses', async (name) => {
    const [example] = commands[name].examples
    const [program, ...argv] = example.command.split(' ')
    expect(program).toBe('tweedie')
    expect((await parse(...argv)).name).toBe(name)
    const help = makeProgram('1', async () => {})
      .commands.find((command) => command.name() === name)
      ?.helpInformation()
    expect(help).toContain('--json')
    for (const { description } of Object.values<{ description: string }>(commands[name].options)) {
      expect(description.length).toBeGreaterThan(5)
    }
  })
})

describe('the help', () => {
  /** Packages that a source file pulls in before its first line runs. */
  const packagesOf = (file: URL, seen = new Set<string>()): Set<string> => {
    if (seen.has(file.href)) return new Set()
    seen.add(file.href)
    const imports = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?!type )[^'"()]*?from '([^']+)'/gm,
    )
    const packages = new Set<string>()
    for (const [, name] of imports) {
      const found = name.startsWith('.') ? packagesOf(new URL(name, file), seen) : new Set([name])
      for (const other of found) packages.add(other)
    }
    return packages
  }

  it('waits for no engine: nothing but commander is loaded before a command is chosen', () => {
    const packages = packagesOf(new URL('../../src/cli/main.ts', import.meta.url))
    expect([...packages].filter((name) => !name.startsWith('node:'))).toEqual(['commander'])
  })

  it('would notice a heavy import', () => {
    expect(packagesOf(new URL('../../src/cli/config/config.ts', import.meta.url))).toContain('zod')
  })
})
