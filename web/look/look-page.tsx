/** Any result: files that are dropped here, and an example before that. */
import { useSignal } from '@preact/signals'
import type { TargetedDragEvent } from 'preact'
import { useEffect, useId, useMemo, useRef } from 'preact/hooks'
import type { PageProps } from '../app/places.ts'
import type { Look } from '../posterior/draws.ts'
import { Notice } from '../ui/notice.tsx'
import type { Arrays } from './arrays.ts'
import { decodeArrays, faultIn, lineOf, readable } from './decode.ts'
import { looksOf } from './looks.ts'
import { PosteriorView } from './posterior-view.tsx'
import { type CalibrationFile, calibrationOf } from './repairs.ts'
import { areDraws, type Result, resultOf } from './result.ts'

interface Example {
  readonly file: string
  readonly name: string
  /** On its button. */
  readonly short: string
}

/** What ships with the page; the first is shown before anything is dropped. */
const EXAMPLES: readonly Example[] = [
  { file: 'photo.npz', name: 'A photograph with hidden pixels', short: 'Photograph' },
  { file: 'winds.npz', name: 'Winds from 200 stations', short: 'Winds' },
]

/** Arrays and the name of what they are called by, and what is known of the intervals of such draws. */
interface Read {
  readonly arrays: Arrays
  readonly name: string
  readonly calibration?: CalibrationFile
}

const isCalibration = ({ name }: File): boolean => /\.json$/i.test(name)

/** Arrays of files that belong together, in any order: draws are those that are called so, else the first. */
const filesRead = async (files: readonly File[]): Promise<Read> => {
  const read: Read[] = []
  const said = files.find(isCalibration)
  const calibration = said && calibrationOf(await said.text(), said.name)
  for (const file of files.filter((one) => !isCalibration(one))) {
    const arrays = decodeArrays(new Uint8Array(await file.arrayBuffer()), file.name)
    read.push({ arrays, name: file.name })
  }
  const first = read.find(({ arrays }) => areDraws(arrays)) ?? read[0]
  if (!first) throw faultIn(files[0].name, 'is beside draws: choose or drop the file of these too')
  const others = read.filter((one) => one !== first).map(({ arrays }) => arrays)
  const arrays = Object.assign({}, ...others.reverse(), first.arrays)
  return { arrays, name: first.name, ...(calibration ? { calibration } : {}) }
}

/** Arrays of a file of this site, by its address. */
const fetched = async (address: string, called?: string): Promise<Read> => {
  const { href, origin, pathname } = new URL(address, location.href)
  if (origin !== location.origin) throw faultIn(address, 'is not of this site')
  const answer = await fetch(href)
  const name = pathname.split('/').at(-1) ?? ''
  if (!answer.ok) throw faultIn(name, `could not be had: ${answer.status} ${answer.statusText}`)
  return { arrays: decodeArrays(new Uint8Array(await answer.arrayBuffer()), name), name: called ?? name }
}

const Examples = ({ onExample }: { readonly onExample: (example: Example) => void }) => (
  <p class="examples">
    <span class="quiet">Examples:</span>
    {EXAMPLES.map((example) => (
      <button key={example.file} type="button" onClick={() => onExample(example)}>
        {example.short}
      </button>
    ))}
  </p>
)

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
      {draws ? (
        <PosteriorView draws={draws} />
      ) : (
        <Notice title="None of the draws of this observation is finite">The sampler diverged in all.</Notice>
      )}
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
      <span>Drop files of draws here, or</span>
      <input
        class="visually-hidden"
        id={id}
        type="file"
        multiple
        accept={[...readable, '.json'].join(',')}
        onChange={({ currentTarget: { files } }) => onFiles([...(files ?? [])])}
      />
      <label for={id}>Choose files</label>
      <p class="quiet">
        {readable.join(', ')}, with observations, truth and the calibration.json of `tweedie calibrate` if you
        have these. They stay on this machine.
      </p>
    </div>
  )
}

/** `#/look?file=ADDRESS` shows a file of this site: draws of a run, for one. */
const LookPage = ({ address }: PageProps) => {
  const result = useSignal<Result | undefined>(undefined)
  const fault = useSignal<string | undefined>(undefined)
  /** How many results were shown: each has a viewer of its own. */
  const opened = useRef(0)
  const latest = useRef<Promise<Read> | undefined>(undefined)
  const open = (reading: Promise<Read>) => {
    latest.current = reading
    reading
      .then(({ arrays, name, calibration }) => {
        if (latest.current !== reading) return
        const found = resultOf(arrays, name, calibration)
        opened.current++
        result.value = found
        fault.value = undefined
      })
      .catch((error) => {
        if (latest.current === reading) fault.value = lineOf(error)
      })
  }
  const asked = address.query.get('file')
  const onExample = ({ file, name }: Example) => open(fetched(`./examples/${file}`, name))
  useEffect(() => {
    if (asked === null) onExample(EXAMPLES[0])
    else open(fetched(asked))
  }, [asked])
  const onFiles = (files: readonly File[]) => {
    if (files.length > 0) open(filesRead(files))
  }
  return (
    <>
      <div class="look-top">
        <h1>Look at a posterior</h1>
        <Examples onExample={onExample} />
      </div>
      <Drop onFiles={onFiles} />
      {fault.value !== undefined && <Notice title={fault.value} />}
      {result.value && <Shown key={opened.current} result={result.value} />}
    </>
  )
}

export default LookPage
