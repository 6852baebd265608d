/**
 * What the command line says to contradictory configurations and to files that are no prior: one line, the
 * right code, nothing left behind.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect } from 'vitest'
import { encodeNpy, encodeNpz, encodeSafetensors } from '../../src/formats/index.ts'
import { tweedie } from '../e2e/built.ts'
import {
  type Case,
  eachCase,
  type Files,
  freshFolder,
  good,
  half,
  learn,
  N,
  noise,
  observe,
  own,
  set,
  tiny,
  values,
  withElement,
  y,
} from './hostile.ts'

const configurations: Case[] = [
  {
    name: 'an unknown field',
    files: good,
    args: learn('set.npz', 'em.lap=3'),
    says: /^em\.lap=3: unknown field 'em\.lap'; did you mean 'laps'\?/,
  },
  {
    name: 'an unknown field of the file',
    files: { ...good, 'config.yaml': `${tiny}trian: { steps: 3 }\n` },
    args: learn('set.npz'),
    says: /^config\.yaml: unknown field 'trian'; did you mean 'train'\?/,
  },
  {
    name: 'a field by its name of version 0.1',
    files: { ...good, 'config.yaml': `${tiny.replace('sampling: {', 'sampling: { method: ddim,')}` },
    args: learn('set.npz'),
    says: /^config\.yaml: field 'em\.sampling\.method' is 'em\.sampling\.step' since version 0\.2$/,
  },
  {
    name: 'a number that must be positive',
    files: good,
    args: learn('set.npz', 'train.batch=0'),
    says: /^train\.batch=0: field 'train\.batch'.*got 0$/,
  },
  {
    name: 'what is no YAML',
    files: { ...good, 'config.yaml': 'net: {' },
    args: learn('set.npz'),
    says: /^config\.yaml: not YAML: /,
  },
  {
    name: 'an alias of nothing',
    files: { ...good, 'config.yaml': `${tiny}seed: *a\n` },
    args: learn('set.npz'),
    says: /^config\.yaml: not YAML: Unresolved alias .*: a$/,
  },
  {
    name: 'a configuration that is not there',
    args: ['learn', 'nowhere.yaml', '-o', 'run'],
    says: /^nowhere\.yaml: /,
  },
  { name: 'no data', args: ['learn', 'config.yaml', '-o', 'run'], says: /^data: give 'observations'/ },
  {
    name: 'a rank above the number of pixels',
    files: good,
    args: learn('set.npz', 'gaussian.rank=65'),
    says: /'gaussian\.rank'.*64.*65/,
  },
  {
    name: 'a divergence to an unknown truth',
    files: good,
    args: learn('set.npz', 'monitor.sinkhorn=8'),
    says: /'monitor\.sinkhorn'.*data\.clean/,
  },
  {
    name: 'a U-Net for vectors',
    files: { 'set.npz': encodeNpz({ y: values([N, 5]), noise }) },
    args: learn('set.npz'),
    says: /a unet needs images .*\[5\]/,
  },
  {
    name: 'a folder that holds something else',
    files: { ...good, 'run/config.yaml': 'x: 1\n' },
    args: learn('set.npz'),
    says: /^run: not a run folder, but holds config\.yaml/,
  },
  {
    name: 'clean data that are not finite',
    files: { 'x.npy': encodeNpy(withElement(y, 5, Number.NaN)) },
    args: ['train', 'config.yaml', 'data.clean=x.npy', '-o', 'run'],
    says: /^x\.npy: field 'x' is not finite/,
  },
]

const priors: Case[] = [
  {
    name: 'no prior',
    args: ['sample', 'nowhere', '-o', 'out.npz'],
    says: /^nowhere: no such file or folder/,
  },
  {
    name: 'arrays as a prior',
    files: { 'w.safetensors': encodeSafetensors({ y }) },
    args: ['sample', 'w.safetensors', '-o', 'out.npz'],
    says: /^w\.safetensors: not a checkpoint of tweedie/,
  },
  {
    name: 'a resume point as a prior',
    args: ['sample', 'point.safetensors', '-o', 'out.npz'],
    says: /^point\.safetensors: holds no prior/,
  },
  {
    name: 'a torn prior',
    args: ['sample', 'torn.safetensors', '-o', 'out.npz'],
    says: /^torn\.safetensors: /,
  },
  {
    name: 'observations of another size than the prior',
    files: { 'large.npz': encodeNpz({ y: values([2, 1, 12, 12]), noise }) },
    args: ['sample', 'prior.safetensors', 'large.npz', '-o', 'out.npz'],
    says: /^large\.npz: observes signals of shape \[1,12,12\], the prior knows \[1,8,8\]/,
  },
  {
    name: 'more observations than there are',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz', '--count', '99', '-o', 'out.npz'],
    says: /has 6 observations, 99 were asked for/,
  },
  {
    name: 'draws without a place',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz'],
    says: /--output/,
  },
  {
    name: 'an output of an unknown format',
    files: good,
    args: ['sample', 'prior.safetensors', 'set.npz', '-o', 'out.txt'],
    says: /^out\.txt: extension must be one of/,
  },
  {
    name: 'a file in a folder that is not there',
    files: own({}),
    args: [...observe.slice(0, -1), 'nowhere/out.npz'],
    says: /^nowhere\/out\.npz: cannot write: there is no folder nowhere/,
  },
]

/** Real checkpoints of a tiny run on the good set. */
let checkpoints: Files
beforeAll(() => {
  const folder = freshFolder()
  writeFileSync(join(folder, 'config.yaml'), tiny)
  writeFileSync(join(folder, 'set.npz'), set({}))
  const { status, stderr } = tweedie([...learn('set.npz'), '-q'], { cwd: folder })
  expect([status, stderr]).toEqual([0, ''])
  const names = readdirSync(join(folder, 'run', 'checkpoints'))
  const bytes = (name: string) => readFileSync(join(folder, 'run', 'checkpoints', name))
  const point = bytes(names.find((name) => /^\d{6}-/.test(name)) ?? '')
  const prior = bytes('prior.safetensors')
  checkpoints = { 'point.safetensors': point, 'prior.safetensors': prior, 'torn.safetensors': half(prior) }
}, 60_000)

describe.concurrent.each([
  ['configurations', configurations],
  ['priors', priors],
])('%s', (_, cases) => eachCase(cases, () => checkpoints))
