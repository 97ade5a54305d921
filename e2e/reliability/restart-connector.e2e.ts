import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { create } from '#e2e/reliability/file-pair.ts'
import { full } from '#e2e/reliability/full.ts'
import { eventually } from '#e2e/start/eventually.ts'

const rounds = full ? 50 : 3

let cluster: Cluster
let worker: ConnectWorker

beforeAll(async () => {
  const properties = { 'plugin.path': join(import.meta.dirname, 'testdata') }
  cluster = await startCluster({ workers: 2, properties })
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const failed = (name: string) =>
  eventually(
    async () => {
      const { body } = await ask(worker.url, 'GET', `/connectors/${name}/status`)
      return body?.connector?.state === 'FAILED' ? body : undefined
    },
    { withinMs: 15_000, what: `${name} has failed` },
  )

test.each(['start', 'running'])(
  'R-D01: a connector that fails (%s) says so, and a restart runs it once its cause is gone',
  async (mode) => {
    const name = `mock-${mode}`
    const trouble = cluster.file(`${name}.trouble`)
    writeFileSync(trouble, '')
    const mock = { 'connector.class': 'MockSource', topic: `${cluster.group}-${name}`, trouble, mode, 'tasks.max': '1' }
    await create(worker, name, mock)
    for (let round = 0; round < rounds; round++) {
      const { connector } = await failed(name)
      expect(connector.trace).toContain(`There is trouble at ${trouble}`)
      // As long as its cause is there, a restart changes nothing.
      expect((await askSettled(worker.url, 'POST', `/connectors/${name}/restart`)).status).toBeOneOf([204, 500])
      await failed(name)

      rmSync(trouble)
      expect(await askSettled(worker.url, 'POST', `/connectors/${name}/restart`)).toMatchObject({ status: 204 })
      const { connector: running } = await inState(worker.url, name, 'RUNNING')
      expect(running).not.toHaveProperty('trace')
      writeFileSync(trouble, '')
      if (mode === 'start') await askSettled(worker.url, 'POST', `/connectors/${name}/restart`)
    }
  },
)
