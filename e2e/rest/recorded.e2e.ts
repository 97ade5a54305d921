import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClusterKind, type OracleCluster, startOracleCluster } from '#e2e/rest/test-tree/oracle-cluster.ts'
import { type RecordedStep, readRecording } from '#e2e/rest/test-tree/recording.ts'
import { deleteConnectors, replayStep } from '#e2e/rest/test-tree/replay.ts'
import { createTally } from '#e2e/rest/test-tree/tally.ts'

const sessions = readRecording('rest.jsonl')
const sessionTally = createTally('rest.jsonl')
const pluginTally = createTally('configdef.jsonl')
afterAll(() => {
  sessionTally.print()
  pluginTally.print()
})

const scenarios = (kind: ClusterKind) => [
  ...new Set(sessions.filter(({ cluster }) => cluster === kind).flatMap(({ scenario }) => scenario ?? [])),
]

async function replay(cluster: OracleCluster, scenario: string, steps: readonly RecordedStep[]): Promise<void> {
  cluster.resetFiles()
  for (const step of steps.filter((each) => each.scenario === scenario)) {
    sessionTally.note(step, await replayStep(cluster, step))
  }
  await deleteConnectors(cluster)
  expect(sessionTally.failed(scenario)).toEqual([])
}

describe.each<ClusterKind>(['two-workers', 'standalone'])('on %s', (kind) => {
  let cluster: OracleCluster
  beforeAll(async () => {
    cluster = await startOracleCluster(kind)
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())

  test.runIf(kind === 'two-workers')(
    'plugins and what is wrong with a config are told as Kafka Connect tells it',
    async () => {
      for (const step of readRecording('configdef.jsonl')) pluginTally.note(step, await replayStep(cluster, step))
      expect(pluginTally.failed()).toEqual([])
    },
  )

  test.each(scenarios(kind))('%s: every answer is the one that Kafka Connect gave', (scenario) =>
    replay(cluster, scenario, sessions),
  )
})

test('what is told apart on purpose still is different', () => {
  expect([...sessionTally.healed(), ...pluginTally.healed()]).toEqual([])
})
