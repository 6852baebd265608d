/** Worker threads of the package, from its sources or as built. */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts a module of the package in a worker thread. From its sources the package runs under tsx, which has
 * to be registered in each thread.
 *
 * @param module - its name without extension, beside `from`: './worker'
 * @param from - `import.meta.url` of the module that starts it
 */
export const startWorker = (module: string, from: string, options: WorkerOptions): Worker => {
  if (!from.endsWith('.ts')) return new Worker(new URL(`${module}.js`, from), options)
  const loader = import.meta.resolve('tsx/esm/api')
  const worker = new URL(`${module}.ts`, from)
  const script = `import { register } from '${loader}'; register(); await import('${worker}')`
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), options)
}
