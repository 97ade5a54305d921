import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startCluster } from '#e2e/harness/cluster.ts'

/** The interpreters that are tried; `SLUICE_PYTHON` names one that has kafka-connect-py. */
const candidates = [process.env.SLUICE_PYTHON, 'python3', 'python'].filter((name) => name !== undefined)
const python = candidates.find((name) => spawnSync(name, ['-c', 'from kafka_connect import KafkaConnect']).status === 0)
const script = join(import.meta.dirname, 'testdata/kafka_connect_py_client.py')

test('kafka-connect-py leads a connector through its whole life, on a worker that does not lead the group', async ({
  skip,
}) => {
  if (!python) skip('no python3 with the package kafka-connect-py (SLUICE_PYTHON names one)')
  await using cluster = await startCluster({ workers: 2 })
  writeFileSync(cluster.file('in.txt'), 'one\n')
  const follower = cluster.workers.at(-1)?.url ?? ''
  const { stdout } = await promisify(execFile)(python ?? '', [script, follower, cluster.file('in.txt')])
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
    version: '4.3.1',
    plugin: true,
    errors: 1,
    created: 'py',
    running: ['RUNNING', 'RUNNING'],
    tasks: 1,
    task: 'RUNNING',
    updated: '10',
    paused: ['PAUSED', 'PAUSED'],
    restarted: ['RUNNING', 'RUNNING'],
    stopped: ['STOPPED'],
    listed: ['py'],
    left: [],
  })
})
