import { defineConfig } from 'vitest/config'
import { subpaths } from './web/subpaths.ts'

export default defineConfig({
  resolve: { alias: [subpaths] },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000, // several times what any takes: other work may run beside the tests
    env: { TWEEDIE_THREADS: '1' },
  },
})
