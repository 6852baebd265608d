/** The manifests against the schemas of Kubernetes, and against the commands that they run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { commands } from '../../src/cli/commands.ts'
import { makeProgram } from '../../src/cli/program.ts'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'deploy/kubernetes/learn.yaml'), 'utf8')
const documents: unknown[] = parseAllDocuments(text).map((document) => document.toJS())

const named = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) })
const container = z.object({ args: z.array(z.string()) })
const job = z.object({
  spec: z.object({
    completions: z.int().optional(),
    parallelism: z.int().optional(),
    template: z.object({ spec: z.object({ containers: z.array(container).length(1) }) }),
  }),
})

/** Throws what the schema of Kubernetes has against it. */
const validate = (document: unknown): void => {
  const { kind } = named.parse(document)
  const data = z.record(z.string(), z.unknown()).parse(document)
  if (kind === 'Job') new Job(data).validate()
  else if (kind === 'PersistentVolumeClaim') new PersistentVolumeClaim(data).validate()
  else throw new Error(`no schema for ${kind}`)
}

describe('deploy/kubernetes/learn.yaml', () => {
  it('is a volume, a job that learns, and one that draws', () => {
    expect(documents.map((document) => named.parse(document).metadata.name)).toEqual([
      'tweedie-work',
      'tweedie-learn',
      'tweedie-shards',
    ])
  })

  it.each(documents.map((document) => [named.parse(document).metadata.name, document] as const))(
    '%s is what Kubernetes takes',
    (_, document) => {
      expect(() => validate(document)).not.toThrow()
    },
  )

  it('would be refused with a field of another type', () => {
    const broken = structuredClone(job.loose().parse(documents[2]))
    expect(() => validate({ ...broken, spec: { ...broken.spec, completions: 'many' } })).toThrow(
      /completions/,
    )
  })

  it('runs commands with options that there are', async () => {
    for (const document of documents.slice(1)) {
      const [{ args }] = job.parse(document).spec.template.spec.containers
      const seen: unknown[] = []
      const program = makeProgram('0', async (name, rest, options) => {
        seen.push(name, rest, options)
      })
      const filled = args.map((arg) => arg.replace('$(JOB_COMPLETION_INDEX)', '3'))
      await program.parseAsync(['node', 'tweedie', ...filled])
      expect(Object.keys(commands)).toContain(seen[0])
    }
  })

  it('has one number of parts', () => {
    const { completions, parallelism, template } = job.parse(documents[2]).spec
    const of = template.spec.containers[0].args.find((arg) => arg.startsWith('--of='))
    expect([completions, parallelism, of]).toEqual([16, 16, '--of=16'])
  })
})
