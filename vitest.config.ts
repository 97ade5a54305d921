import { defineConfig } from 'vitest/config'

const slow = { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false }

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{server,components,e2e,tools}/**/*.test.ts'],
          isolate: false,
          // Property tests take seconds, on a busy machine many; none of them waits for time.
          testTimeout: 60_000,
        },
      },
      { test: { name: 'integration', include: ['server/**/*.integration.ts'], ...slow } },
      { test: { name: 'e2e', include: ['e2e/**/*.e2e.ts'], exclude: ['e2e/connect/**'], ...slow } },
      // Beside Kafka Connect itself: `npm run test:kafka`.
      { test: { name: 'connect', include: ['e2e/connect/**/*.e2e.ts'], ...slow, testTimeout: 300_000 } },
    ],
  },
})
