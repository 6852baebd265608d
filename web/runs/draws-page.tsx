/** Draws of a file of arrays below the folder, one observation at a time, in the viewer of posteriors. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { fragmentOf } from '../app/address.ts'
import type { PageProps } from '../app/places.ts'
import type { Arrays } from '../look/arrays.ts'
import { NdArray } from '../look/decode.ts'
import { PosteriorView } from '../look/posterior-view.tsx'
import { resultOf } from '../look/result.ts'
import type { Draws } from '../posterior/draws.ts'
import { Notice } from '../ui/notice.tsx'
import { askedArray } from './api.ts'
import {
  type ArrayField,
  type Beside,
  besideOf,
  firstLayout,
  type Layout,
  layoutOf,
  observationsOf,
} from './array-draws.ts'
import { useAsked } from './use-asked.ts'

interface ArrayFile {
  readonly fields: readonly ArrayField[]
  /** Where the observations of the run are, whose draws these may be of. */
  readonly observations?: string
}

/** The name of the draws among the arrays of an observation. */
const DRAWS = 'draws'

/** A file of arrays with what belongs to draws, and which of these. */
interface Source {
  readonly path: string
  readonly beside: readonly Beside[]
}

/** The arrays of a source about one observation, by their names. */
const arraysOf = async ({ path, beside }: Source, observation: number): Promise<Arrays> => {
  const found: [string, NdArray][] = []
  for (const { name, rows } of beside) {
    const part: Readonly<Record<string, number>> = rows ? { from: observation, to: observation + 1 } : {}
    const { shape, values } = await askedArray('arrays/rows', { path, field: name, ...part })
    // Text is kept as bytes.
    const array =
      name === 'view'
        ? new NdArray('uint8', shape, Uint8Array.from(values))
        : new NdArray('float32', shape, values)
    found.push([name, array])
  }
  return Object.fromEntries(found)
}

/** The draws of one observation, with all that is beside them; undefined where none is finite. */
const drawsOf = async (
  { path, beside }: Source,
  { field, count, event, problems }: Layout,
  observation: number,
  observed: Source | undefined,
): Promise<Draws | undefined> => {
  const { values } = problems
    ? await askedArray('arrays/columns', { path, field, from: observation, to: observation + 1 })
    : await askedArray('arrays/rows', { path, field, from: 0, to: count })
  const arrays = {
    ...(observed ? await arraysOf(observed, observation) : {}),
    ...(await arraysOf({ path, beside }, observation)),
    [DRAWS]: new NdArray('float32', [count, 1, ...event], values),
  }
  const { of, look } = resultOf(arrays, path)
  return of(0, look)
}

/** What has come of asking. */
type Found =
  | { readonly kind: 'asking' }
  | { readonly kind: 'here'; readonly draws: Draws | undefined }
  | { readonly kind: 'refused'; readonly reason: string }

const Viewer = ({
  source,
  layout,
  observation,
  observed,
}: {
  readonly source: Source
  readonly layout: Layout
  readonly observation: number
  readonly observed: Source | undefined
}) => {
  const [found, setFound] = useState<Found>({ kind: 'asking' })
  useEffect(() => {
    let current = true
    drawsOf(source, layout, observation, observed).then(
      (draws) => current && setFound({ kind: 'here', draws }),
      (error) =>
        current &&
        setFound({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      current = false
    }
  }, [source, layout, observation, observed])
  switch (found.kind) {
    case 'asking':
      return <p class="quiet">Loading …</p>
    case 'refused':
      return <Notice title="The draws cannot be shown">{found.reason}</Notice>
    case 'here':
      return found.draws ? (
        <PosteriorView draws={found.draws} />
      ) : (
        <Notice title="None of the draws of this observation is finite">The sampler diverged in all.</Notice>
      )
  }
}

/** Lays the observations of the run over the draws, where these are of them: the files do not say so. */
const WithObservations = ({
  path,
  layout,
  onSource,
}: {
  readonly path: string
  readonly layout: Layout
  readonly onSource: (source: Source | undefined) => void
}) => {
  const { value, refused } = useAsked<ArrayFile>('arrays', { path })
  const beside = value && observationsOf(value.fields, layout)
  if (refused) return <span class="quiet">{refused}</span>
  if (!beside) return null
  return (
    <label class="inline">
      <input
        type="checkbox"
        onChange={({ currentTarget }) => onSource(currentTarget.checked ? { path, beside } : undefined)}
      />
      These are draws of {path}: show what was observed
    </label>
  )
}

/** The way back: to the run whose draws these are, or to the runs. */
const Way = ({ path }: { readonly path: string }) => {
  const run = path.split('/draws/', 2)
  return (
    <p class="way">
      {run.length === 2 ? (
        <a href={fragmentOf('runs', ['run', run[0]])}>{run[0]}</a>
      ) : (
        <a href={fragmentOf('runs')}>Runs</a>
      )}
    </p>
  )
}

export const DrawsPage = ({ address }: PageProps) => {
  const path = address.words[1] ?? ''
  const { value, refused } = useAsked<ArrayFile>('arrays', { path })
  const [layout, setLayout] = useState<Layout>()
  const [observation, setObservation] = useState(0)
  const [observed, setObserved] = useState<Source>()
  const source = useMemo(
    () => ({ path, beside: value && layout ? besideOf(value.fields, layout) : [] }),
    [path, value, layout],
  )
  useEffect(() => {
    setObserved(undefined)
    setLayout(value && firstLayout(value.fields))
    setObservation(0)
  }, [value])
  if (refused) return <Notice title="This file cannot be shown">{refused}</Notice>
  if (!value) return <p class="quiet">Loading …</p>
  return (
    <>
      <Way path={path} />
      <h1 class="path">{path}</h1>
      <div class="bar tools">
        <label class="inline">
          Array
          <select
            value={layout?.field}
            onChange={(event) => {
              const field = value.fields.find(({ name }) => name === event.currentTarget.value)
              setLayout(field && layoutOf(field))
              setObservation(0)
              setObserved(undefined)
            }}
          >
            {value.fields.map((field) => (
              <option key={field.name} value={field.name} disabled={layoutOf(field) === undefined}>
                {field.name}, {field.dtype} [{field.shape.join(', ')}]
              </option>
            ))}
          </select>
        </label>
        {layout && layout.observations > 1 && (
          <label class="inline">
            Observation
            <input
              type="number"
              min={1}
              max={layout.observations}
              value={observation + 1}
              onChange={({ currentTarget: { valueAsNumber: i } }) =>
                Number.isInteger(i) && i >= 1 && i <= layout.observations && setObservation(i - 1)
              }
            />
            <span class="quiet">of {layout.observations}</span>
          </label>
        )}
        {layout?.problems && value.observations && !source.beside.some(({ name }) => name === 'y') && (
          <WithObservations
            key={layout.field}
            path={value.observations}
            layout={layout}
            onSource={setObserved}
          />
        )}
      </div>
      {layout ? (
        <Viewer
          key={layout.field}
          source={source}
          layout={layout}
          observation={observation}
          observed={observed}
        />
      ) : (
        <Notice title="There are no draws in this file">It has no array of two axes or more.</Notice>
      )}
    </>
  )
}
