import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled } from '#e2e/harness/rest.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** Each of them means something else to somebody who reads addresses. */
const names = ['..', '.', 'a/b', '50%', '%2e%2e', 'what?#', 'a\\b', 'ü;x=1']

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({ workers: 2 })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** With a path as it is written: `fetch` would resolve its dots. */
const send = (url: string, method: string, path: string) =>
  new Promise<number>((resolve, reject) => {
    const sent = request(url, { method, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.once('error', reject)
    sent.end()
  })

interface Expanded {
  status: { connector: { state: string; worker_id: string }; tasks: { state: string }[] }
}

test('connectors with names that are no file names get their tasks, whichever worker runs them', async () => {
  const [first, second] = cluster.workers.map(({ url }) => url) as [string, string]
  writeFileSync(cluster.file('in.txt'), '')
  const config = { 'connector.class': 'FileStreamSource', file: cluster.file('in.txt'), topic: 'odd' }
  for (const [n, name] of names.entries()) {
    const created = await askSettled(n % 2 ? first : second, 'POST', '/connectors', { name, config })
    expect(created).toMatchObject({ status: 201, body: { name } })
  }
  const running = async () => {
    const all: Expanded[] = Object.values((await ask(first, 'GET', '/connectors?expand=status')).body)
    const ready = all.filter(({ status }) => status.tasks[0]?.state === 'RUNNING')
    return ready.length === names.length ? ready : undefined
  }
  const all = await eventually(running, { withinMs: 30_000, what: `${names.length} tasks run` })
  // Whoever does not lead has handed its task configs to the leader, over a path with the name in it.
  expect(new Set(all.map(({ status }) => status.connector.worker_id)).size).toBe(2)
})

test.each(['/connectors/..', '/connectors/.'])('%s is stopped and deleted through either worker', async (path) => {
  const [first, second] = cluster.workers.map(({ url }) => url) as [string, string]
  expect(await send(first, 'PUT', `${path}/stop`)).toBe(204)
  expect(await send(second, 'PUT', `${path}/resume`)).toBe(202)
  expect(await send(first, 'GET', `${path}/config`)).toBe(200)
  expect(await send(second, 'GET', `${path}/config`)).toBe(200)
  const deleted = () =>
    eventually(async () => (await send(second, 'DELETE', path)) === 204 || undefined, {
      withinMs: 30_000,
      what: `${path} is deleted`,
    })
  await deleted()
  expect(await send(first, 'GET', `${path}/config`)).toBe(404)
})
