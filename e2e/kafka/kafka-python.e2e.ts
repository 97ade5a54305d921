import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

/** The interpreters that are tried; `SLUICE_PYTHON` names one that has kafka-python. */
const candidates = [process.env.SLUICE_PYTHON, 'python3', 'python'].filter((name) => name !== undefined)
const python = candidates.find((name) => spawnSync(name, ['-c', 'from kafka import KafkaAdminClient']).status === 0)
const script = join(import.meta.dirname, 'testdata/kafka_python_client.py')

test('kafka-python produces, shares a group between two members, commits transactions and administers', async ({
  skip,
}) => {
  if (!python) skip('no python3 with the package kafka-python (SLUICE_PYTHON names one)')
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const { stdout } = await promisify(execFile)(python ?? '', [script, broker.address])
  expect(JSON.parse(stdout)).toEqual({
    topics: ['moved', 'words'],
    shared: true,
    committed: 200,
    moved: ['kept 1', 'kept 2'],
    // Three records and the marker behind each.
    ends: [6],
    left: [],
  })
})
