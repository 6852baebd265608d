/**
 * Runs /model.onnx on /inputs.json with the provider that the address names, and posts what
 * came out, or why nothing did.
 */
import * as ort from '/ort/ort.webgpu.bundle.min.mjs'

const provider = new URLSearchParams(location.search).get('provider')

const adapterName = async () => {
  if (!navigator.gpu) throw new Error('navigator.gpu is missing')
  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) throw new Error('navigator.gpu has no adapter')
  return [adapter.info.vendor, adapter.info.architecture, adapter.info.description].join(' ').trim()
}

const run = async () => {
  const device = provider === 'webgpu' ? await adapterName() : 'wasm'
  ort.env.wasm.numThreads = 1
  ort.env.wasm.wasmPaths = '/ort/'
  const inputs = await (await fetch('/inputs.json')).json()
  const session = await ort.InferenceSession.create('/model.onnx', { executionProviders: [provider] })
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape, data }) => [name, new ort.Tensor('float32', Float32Array.from(data), shape)]),
  )
  const results = await session.run(feeds)
  return {
    device,
    outputs: Object.entries(results).map(([name, { dims, data }]) => ({
      name,
      shape: dims,
      data: [...data],
    })),
  }
}

const answer = await run().catch((cause) => ({ failed: `${cause}` }))
await fetch('/result', { method: 'POST', body: JSON.stringify(answer) })
