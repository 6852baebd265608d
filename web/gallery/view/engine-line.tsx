/** What is fetched before draws can be made here, how far that is, and what went wrong. */
import type { Arrival, Card, EngineState } from '../../engine/engine-state.ts'
import type { Part } from '../../engine/messages.ts'
import type { Restoring } from '../restoring.ts'

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

const titles: Readonly<Record<Part, string>> = { engine: 'engine', model: 'sampler', card: 'engine' }

const Arrived = ({
  part,
  arrival,
  bytes,
}: {
  part: Part
  arrival: Arrival | undefined
  bytes: number | undefined
}) => {
  const total = arrival?.total ?? bytes
  const done = arrival?.done ?? 0
  return (
    <label class="arrival">
      {titles[part]} <progress {...(total === undefined ? {} : { max: total, value: done })} />{' '}
      <span class="numbers">
        {megabytes(done)} of {total === undefined ? '?' : megabytes(total)} MB
      </span>
    </label>
  )
}

const sizes = (engine: number, model: number | undefined): string =>
  `the engine (${megabytes(engine)} MB) and the sampler (${model === undefined ? '?' : megabytes(model)} MB)`

const Fetching = ({
  state,
  restoring,
}: {
  state: EngineState & { kind: 'fetching' }
  restoring: Restoring
}) => (
  <>
    <span>Shown: draws made before. Fetching what draws here:</span>
    <Arrived part="engine" arrival={state.arrived.engine} bytes={__ENGINE_BYTES__} />
    <Arrived part="model" arrival={state.arrived.model} bytes={restoring.manifest.bytes} />
    <button type="button" onClick={() => restoring.engine.stop()}>
      Stop
    </button>
    {state.trouble && <span class="trouble">{state.trouble}</span>}
  </>
)

/** The graphics card, where the browser has a way to it. */
const CardPart = ({ card, restoring }: { readonly card: Card; readonly restoring: Restoring }) => {
  const { engine, inputs } = restoring
  switch (card.kind) {
    case 'untried':
      return 'gpu' in navigator ? (
        <button type="button" onClick={() => engine.accelerate(inputs.value)}>
          Try the graphics card ({megabytes(__CARD_BYTES__)} MB)
        </button>
      ) : null
    case 'trying':
      return <Arrived part="card" arrival={card.arrival} bytes={__CARD_BYTES__} />
    case 'on':
      return <span>The graphics card agrees with WebAssembly and is faster: it draws now.</span>
    case 'refused':
      return <span>The graphics card is not used: {card.reason}.</span>
  }
}

const Ready = ({ threads, restoring }: { readonly threads: number; readonly restoring: Restoring }) => {
  const { milliseconds } = restoring.result.value
  const { draws } = restoring.manifest
  return (
    <span>
      Drawn in this page, {threads === 1 ? 'one thread' : `${threads} threads`}; nothing is sent anywhere.
      {milliseconds === undefined ? '' : ` The last ${draws} draws took ${Math.round(milliseconds)} ms.`}
    </span>
  )
}

const Body = ({ restoring }: { readonly restoring: Restoring }) => {
  const { engine, manifest } = restoring
  const state = engine.state.value
  const open = (title: string) => (
    <button type="button" onClick={() => engine.open()}>
      {title}
    </button>
  )
  switch (state.kind) {
    case 'idle':
      return (
        <>
          <span>
            Shown: draws made before. To draw here, the page fetches {sizes(__ENGINE_BYTES__, manifest.bytes)}
            .
          </span>
          {open('Fetch')}
        </>
      )
    case 'fetching':
      return <Fetching state={state} restoring={restoring} />
    case 'starting':
      return <span>Starting the engine …</span>
    case 'ready':
      return (
        <>
          <Ready threads={state.threads} restoring={restoring} />
          <CardPart card={state.card} restoring={restoring} />
        </>
      )
    case 'stopped':
      return (
        <>
          <span>Stopped fetching. What has arrived is kept.</span>
          {open('Go on')}
        </>
      )
    case 'failed':
      return (
        <>
          <span class="trouble">The engine could not be started: {state.reason}.</span>
          {open('Try again')}
        </>
      )
  }
}

export const EngineLine = ({ restoring }: { readonly restoring: Restoring }) => (
  <div class="engine-line">
    <Body restoring={restoring} />
  </div>
)
