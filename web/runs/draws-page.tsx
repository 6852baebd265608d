/** Draws of a file of arrays below the folder, one observation at a time, in the viewer of posteriors. */
import { useEffect, useState } from 'preact/hooks'
import { fragmentOf } from '../app/address.ts'
import type { PageProps } from '../app/places.ts'
import { plainLook } from '../look/looks.ts'
import { PosteriorView } from '../look/posterior-view.tsx'
import type { Draws } from '../posterior/draws.ts'
import { Notice } from '../ui/notice.tsx'
import { askedArray } from './api.ts'
import { type ArrayField, firstLayout, type Layout, layoutOf, truthBeside } from './array-draws.ts'
import { useAsked } from './use-asked.ts'

interface ArrayFile {
  readonly fields: readonly ArrayField[]
}

const drawsOf = async (
  path: string,
  fields: readonly ArrayField[],
  layout: Layout,
  observation: number,
): Promise<Draws> => {
  const { field, count, event, problems } = layout
  const one = { from: observation, to: observation + 1 }
  const { values } = problems
    ? await askedArray('arrays/columns', { path, field, ...one })
    : await askedArray('arrays/rows', { path, field, from: 0, to: count })
  const truth = truthBeside(fields, layout)
  return {
    name: path,
    look: plainLook(event),
    count,
    size: event.reduce((a, b) => a * b, 1),
    values,
    ...(truth === undefined
      ? {}
      : { truth: (await askedArray('arrays/rows', { path, field: truth, ...one })).values }),
  }
}

const Viewer = ({
  path,
  fields,
  layout,
  observation,
}: {
  readonly path: string
  readonly fields: readonly ArrayField[]
  readonly layout: Layout
  readonly observation: number
}) => {
  const [found, setFound] = useState<{ readonly draws?: Draws; readonly refused?: string }>({})
  useEffect(() => {
    let current = true
    drawsOf(path, fields, layout, observation).then(
      (draws) => current && setFound({ draws }),
      (error) => current && setFound({ refused: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      current = false
    }
  }, [path, layout, observation])
  if (found.refused) return <Notice title="The draws cannot be shown">{found.refused}</Notice>
  return found.draws ? <PosteriorView draws={found.draws} /> : <p class="quiet">Loading …</p>
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
  useEffect(() => {
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
      </div>
      {layout ? (
        <Viewer
          key={layout.field}
          path={path}
          fields={value.fields}
          layout={layout}
          observation={observation}
        />
      ) : (
        <Notice title="There are no draws in this file">It has no array of two axes or more.</Notice>
      )}
    </>
  )
}
