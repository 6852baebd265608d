/** Any result: files that are dropped here, and an example before that. */
import { useSignal } from '@preact/signals'
import type { TargetedDragEvent } from 'preact'
import { useEffect, useId, useMemo } from 'preact/hooks'
import type { Look } from '../posterior/draws.ts'
import { Notice } from '../ui/notice.tsx'
import { decodeArrays, lineOf, readable } from './decode.ts'
import { PosteriorView } from './posterior-view.tsx'
import { type Arrays, looksOf, type Result, resultOf } from './signals-in.ts'

/** What ships with the page. */
const EXAMPLE = { file: 'photo.npz', name: 'A photograph with hidden pixels' }

/** Arrays of files that belong together: those of later ones are added, draws are those of the first. */
const arraysOf = async (files: readonly File[]): Promise<Arrays> => {
  let all: Arrays = {}
  for (const file of files)
    all = { ...decodeArrays(new Uint8Array(await file.arrayBuffer()), file.name), ...all }
  return all
}

const exampleArrays = async (): Promise<Arrays> => {
  const answer = await fetch(`./examples/${EXAMPLE.file}`)
  if (!answer.ok) throw new Error(`the example is not there (${answer.status})`)
  return decodeArrays(new Uint8Array(await answer.arrayBuffer()), EXAMPLE.file)
}

const Observation = ({
  result,
  current,
  onChoice,
}: {
  readonly result: Result
  readonly current: number
  readonly onChoice: (i: number) => void
}) => {
  const id = useId()
  if (result.observations < 2) return null
  return (
    <div class="field">
      <label for={id}>Observation (of {result.observations})</label>
      <input
        id={id}
        type="number"
        min={1}
        max={result.observations}
        value={current + 1}
        onChange={({ currentTarget: { valueAsNumber: i } }) =>
          Number.isInteger(i) && i >= 1 && i <= result.observations && onChoice(i - 1)
        }
      />
    </div>
  )
}

/** A grid whose rows and columns make up the entries, or all of them but a few that pad them. */
const GRID = { rows: 46, columns: 90 }

const LookChoice = ({
  result,
  current,
  onLook,
}: {
  readonly result: Result
  readonly current: Look
  readonly onLook: (look: Look) => void
}) => {
  const id = useId()
  const choices = looksOf(result.event, result.look, GRID)
  if (choices.length < 2) return null
  return (
    <div class="field">
      <label for={id}>Shown as</label>
      <select
        id={id}
        value={current.kind}
        onChange={({ currentTarget }) => {
          const look = choices.find(({ kind }) => kind === currentTarget.value)
          if (look) onLook(look)
        }}
      >
        {choices.map(({ kind }) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
    </div>
  )
}

/** A result, one observation of it. */
const Shown = ({ result }: { readonly result: Result }) => {
  const current = useSignal(0)
  const look = useSignal(result.look)
  const draws = useMemo(() => result.of(current.value, look.value), [result, current.value, look.value])
  return (
    <>
      <div class="look-head">
        <h2>{result.name}</h2>
        <span class="quiet">
          {result.count} draws of {result.event.join(' × ')}
        </span>
        <LookChoice result={result} current={look.value} onLook={(next) => (look.value = next)} />
        <Observation result={result} current={current.value} onChoice={(i) => (current.value = i)} />
      </div>
      <PosteriorView draws={draws} />
    </>
  )
}

const Drop = ({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) => {
  const id = useId()
  const over = useSignal(false)
  const onDrop = (event: TargetedDragEvent<HTMLDivElement>) => {
    event.preventDefault()
    over.value = false
    onFiles([...(event.dataTransfer?.files ?? [])])
  }
  return (
    <div
      class={over.value ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={onDrop}
    >
      <label for={id}>Drop files of draws here, or choose them:</label>
      <input
        id={id}
        type="file"
        multiple
        accept={readable.join(',')}
        onChange={({ currentTarget: { files } }) => onFiles([...(files ?? [])])}
      />
      <p class="quiet">
        {readable.join(', ')}; with observations and truth beside them if you have these. They stay on this
        machine.
      </p>
    </div>
  )
}

const LookPage = () => {
  const result = useSignal<Result | undefined>(undefined)
  const fault = useSignal<string | undefined>(undefined)
  const open = (reading: Promise<Arrays>, name: string) => {
    reading
      .then((arrays) => {
        result.value = resultOf(arrays, name)
        fault.value = undefined
      })
      .catch((error) => {
        fault.value = lineOf(error)
      })
  }
  useEffect(() => open(exampleArrays(), EXAMPLE.name), [])
  const onFiles = (files: readonly File[]) => {
    if (files.length > 0) open(arraysOf(files), files[0].name)
  }
  return (
    <>
      <h1>Look at a posterior</h1>
      <Drop onFiles={onFiles} />
      {fault.value !== undefined && <Notice title={fault.value} />}
      {result.value && <Shown key={result.value.name} result={result.value} />}
    </>
  )
}

export default LookPage
