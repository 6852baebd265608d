/** Fetches what a brush needs before the engine: the manifest and the examples, both small. */
import { engineOf, runtimesAt } from '../engine/engine.ts'
import { manifestOf } from '../engine/manifest.ts'
import { startWorker } from '../engine/start-worker.ts'
import { examplesOf } from './examples.ts'
import { type FirstSight, type Restoring, restoringOf } from './restoring.ts'

/** Addresses of the files of a sampler. */
export interface SamplerFiles {
  readonly model: URL
  readonly manifest: URL
  readonly examples: URL
  /** Folder of ONNX Runtime. */
  readonly engine: URL
}

const fetched = async (url: URL, signal: AbortSignal): Promise<Response> => {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(`${url.pathname.split('/').at(-1)}: the server answered ${answer.status}`)
  return answer
}

/** @throws Error in one line, when a file is missing or damaged */
export const fetchRestoring = async (
  { model, manifest: described, examples, engine }: SamplerFiles,
  first: FirstSight,
  signal: AbortSignal,
): Promise<Restoring> => {
  const answers = await Promise.all([fetched(described, signal), fetched(examples, signal)])
  const manifest = manifestOf(await answers[0].json())
  const images = examplesOf(new Uint8Array(await answers[1].arrayBuffer()), manifest)
  signal.throwIfAborted()
  const file = { url: model.href, ...(manifest.bytes === undefined ? {} : { bytes: manifest.bytes }) }
  return restoringOf(manifest, images, engineOf(startWorker, runtimesAt(engine), file), first)
}
