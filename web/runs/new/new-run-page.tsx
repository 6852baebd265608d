/** A new run: its configuration from a form or as YAML, what it would take, and the start. */
import { useEffect, useState } from 'preact/hooks'
import { parse, stringify } from 'yaml'
import type { RunKind } from '../../../src/studio/wire.ts'
import { fragmentOf } from '../../app/address.ts'
import { Notice } from '../../ui/notice.tsx'
import { ordered, sentFile } from '../api.ts'
import { useAsked } from '../use-asked.ts'
import { Estimate, type Plan } from './estimate.tsx'
import { fieldsOf, isValue, type Schema, type Value, withValue } from './schema-fields.ts'
import './form.css'
import { SchemaForm } from './schema-form.tsx'

interface Example {
  readonly name: string
  readonly text: string
}

type Examples = Readonly<Record<'experiment' | 'distill', readonly Example[]>>

const kinds: readonly { readonly kind: RunKind; readonly words: string }[] = [
  { kind: 'learn', words: 'learn a prior from observations' },
  { kind: 'train', words: 'train a prior on clean data' },
  { kind: 'distill', words: 'distill a prior into a fast sampler' },
]

/** Where the form begins: digits that are seen through masks. */
const FIRST: Readonly<Record<RunKind, string>> = {
  learn: 'digits',
  train: 'digits',
  distill: 'distill/digits',
}

const configurationIn = (text: string): Value | string => {
  try {
    const value: unknown = parse(text)
    if (value === null) return {}
    return isValue(value) ? value : 'a configuration is named fields'
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error)
  }
}

/** What is being done, and what came of it. */
type Doing =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'busy'; readonly words: string }
  | { readonly kind: 'refused'; readonly words: string }
  | { readonly kind: 'planned'; readonly plan: Plan }

export const NewRunPage = () => {
  const [kind, setKind] = useState<RunKind>('learn')
  const [name, setName] = useState('')
  const [example, setExample] = useState(FIRST.learn)
  const [text, setText] = useState('')
  const [asText, setAsText] = useState(false)
  const [minutes, setMinutes] = useState('')
  const [doing, setDoing] = useState<Doing>({ kind: 'nothing' })
  const of = kind === 'distill' ? 'distill' : 'experiment'
  const { value: schema } = useAsked<Schema>(`schemas/${of}`)
  const { value: examples } = useAsked<Examples>('examples')
  useEffect(() => {
    const found = examples?.[of].find((one) => one.name === example)
    if (found) setText(found.text)
  }, [examples, example, of])
  // Another configuration needs another estimate.
  useEffect(() => setDoing({ kind: 'nothing' }), [text, kind])
  const value = configurationIn(text)
  const isSound = typeof value !== 'string'

  const attempt = async (words: string, work: () => Promise<Doing>): Promise<void> => {
    setDoing({ kind: 'busy', words })
    try {
      setDoing(await work())
    } catch (error) {
      setDoing({ kind: 'refused', words: error instanceof Error ? error.message : String(error) })
    }
  }
  const plan = () =>
    attempt('Counting, and timing a few steps …', async () => ({
      kind: 'planned',
      plan: await ordered<Plan>('plan', { kind, configuration: text }),
    }))
  const send = (file: File) =>
    attempt(`Sending ${file.name} …`, async () => {
      const path = await sentFile(file)
      if (isSound) setText(stringify({ ...value, data: { observations: path } }))
      return { kind: 'nothing' }
    })
  const start = () =>
    attempt('Starting …', async () => {
      const limit = Number(minutes)
      await ordered('runs', { name, kind, configuration: text, ...(limit > 0 ? { minutes: limit } : {}) })
      location.hash = fragmentOf('runs', ['run', name])
      return { kind: 'nothing' }
    })

  return (
    <div class="form">
      <p class="way">
        <a href={fragmentOf('runs')}>Runs</a>
      </p>
      <h1>New run</h1>
      <div class="form-fields top">
        <div class="form-field">
          <label for="run-name">Name</label>
          <input
            id="run-name"
            type="text"
            value={name}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        <div class="form-field">
          <label for="run-kind">What</label>
          <select
            id="run-kind"
            value={kind}
            onChange={(event) => {
              const next = kinds.find((one) => one.kind === event.currentTarget.value)?.kind ?? 'learn'
              setKind(next)
              setExample(FIRST[next])
            }}
          >
            {kinds.map((one) => (
              <option key={one.kind} value={one.kind}>
                {one.words}
              </option>
            ))}
          </select>
        </div>
        <div class="form-field">
          <label for="run-example">Begin with the example</label>
          <select
            id="run-example"
            value={example}
            onChange={(event) => setExample(event.currentTarget.value)}
          >
            {examples?.[of].map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        </div>
        <div class="form-field">
          <label for="run-minutes">Minutes, at most</label>
          <input
            id="run-minutes"
            type="text"
            inputMode="decimal"
            value={minutes}
            placeholder="no limit"
            onInput={(event) => setMinutes(event.currentTarget.value)}
          />
        </div>
        {kind !== 'train' && (
          <div class="form-field">
            <label for="run-file">Observations of your own</label>
            <input
              id="run-file"
              type="file"
              accept=".npz,.safetensors"
              disabled={!isSound || doing.kind === 'busy'}
              onChange={({ currentTarget: { files } }) => files?.[0] && send(files[0])}
            />
          </div>
        )}
      </div>
      <div class="bar tools">
        <button type="button" aria-pressed={!asText} onClick={() => setAsText(false)}>
          Form
        </button>
        <button type="button" aria-pressed={asText} onClick={() => setAsText(true)}>
          YAML
        </button>
      </div>
      {!isSound && <Notice title="This is not a configuration">{value}</Notice>}
      {asText || !isSound ? (
        <textarea
          class="mono"
          aria-label="Configuration, YAML"
          rows={24}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      ) : (
        schema && (
          <SchemaForm
            fields={fieldsOf(schema, value)}
            value={value}
            change={(path, next) => setText(stringify(withValue(value, path, next)))}
          />
        )
      )}
      <div class="bar tools ending">
        <button type="button" disabled={!isSound || doing.kind === 'busy'} onClick={plan}>
          Estimate
        </button>
        <button
          type="button"
          class="primary"
          disabled={!isSound || name === '' || doing.kind === 'busy'}
          onClick={start}
        >
          Start
        </button>
        <span role="status" class="quiet">
          {doing.kind === 'busy' ? doing.words : name === '' ? 'Give it a name to start it.' : ''}
        </span>
      </div>
      {doing.kind === 'refused' && <Notice title="It was refused">{doing.words}</Notice>}
      {doing.kind === 'planned' && <Estimate plan={doing.plan} />}
    </div>
  )
}
